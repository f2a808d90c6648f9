using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Cloudlet.DesiredState.Sections;

/// <summary>A kind with a section below a host: name → description of the resource.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
/// <typeparam name="TSection">The description of one resource in a site file; nullable where a name without a value is enough.</typeparam>
public abstract class SectionDescriptor<TSpec, TSection> : KindDescriptor<TSpec>, ISection
    where TSpec : ResourceSpec
{
    /// <inheritdoc/>
    public abstract override string Section { get; }

    /// <summary>What the section is, for the JSON Schema and the reference page.</summary>
    public abstract string Help { get; }

    /// <summary>ECMA-262 regular expression of names, as far as an editor can check them; <see cref="Check"/> checks more.</summary>
    public abstract string NamePattern { get; }

    KindDescriptor ISection.Kind => this;

    IEnumerable<string> ISection.NamesIn(HostSection host) => NamesIn(host);

    void ISection.Check(HostCheck host) => Check(host);

    HostSection ISection.WithResolvedPaths(HostSection host, HostTree tree) => WithResolvedPaths(host, tree);

    IEnumerable<string> ISection.BeforePackages(HostSection host) => BeforePackages(host);

    IEnumerable<ResourceSpec> ISection.Compile(HostCompilation host) => Compile(host);

    /// <inheritdoc cref="ISection.NamesIn"/>
    internal virtual IEnumerable<string> NamesIn(HostSection host) => In(host)?.Keys ?? [];

    /// <inheritdoc cref="ISection.Check"/>
    internal virtual void Check(HostCheck host) { }

    /// <inheritdoc cref="ISection.WithResolvedPaths"/>
    internal virtual HostSection WithResolvedPaths(HostSection host, HostTree tree) => host;

    /// <inheritdoc cref="ISection.BeforePackages"/>
    internal virtual IEnumerable<string> BeforePackages(HostSection host) => [];

    /// <inheritdoc cref="ISection.Compile"/>
    internal abstract IEnumerable<ResourceSpec> Compile(HostCompilation host);

    JsonPropertyInfo ISection.Json(JsonSerializerOptions options)
    {
        var property = JsonMetadataServices.CreatePropertyInfo(
            options,
            new JsonPropertyInfoValues<IReadOnlyDictionary<string, TSection>?>
            {
                IsProperty = true,
                IsPublic = true,
                DeclaringType = typeof(HostSection),
                PropertyName = Section,
                JsonPropertyName = Section,
                Getter = host => In((HostSection)host),
                Setter = (host, section) => ((HostSection)host).SetSection(Section, section),
            }
        );
        property.AttributeProvider = new Attributes(new DescriptionAttribute(Help), new SchemaNamesAttribute(NamePattern));
        return property;
    }

    /// <summary>The section of a host.</summary>
    internal IReadOnlyDictionary<string, TSection>? In(HostSection host) => host.Section<TSection>(Section);

    private sealed class Attributes(params object[] attributes) : ICustomAttributeProvider
    {
        public object[] GetCustomAttributes(bool inherit) => attributes;

        public object[] GetCustomAttributes(Type attributeType, bool inherit) => [.. attributes.Where(attributeType.IsInstanceOfType)];

        public bool IsDefined(Type attributeType, bool inherit) => Array.Exists(attributes, attributeType.IsInstanceOfType);
    }
}
