using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Secrets;

/// <summary>Secrets. Those with a path are the operator's files, and no resources.</summary>
public sealed class SecretsDescriptor : SectionDescriptor<SecretSpec, SecretSection>
{
    private const string Root = "root";

    /// <inheritdoc/>
    public override string Word => SecretSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostSecrets.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Secrets by name: the absolute path, on the host, of a file that the operator keeps, or where the value comes from. Values never "
        + "enter a site file or a HostState; in content and templates ${secret:NAME} stands for one.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_.-]+$";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["length"] = "generate" };

    internal override IJsonTypeInfoResolver Json => SecretsJson.Default;

    /// <summary>The file of an operator is not a resource.</summary>
    internal override IEnumerable<string> NamesIn(HostSection host) =>
        In(host)?.Where(static s => s.Value.Source is not null).Select(static s => s.Key) ?? [];

    internal override void Check(HostCheck host) => SecretSourceRules.Check(host);

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, secret) in In(host.Section) ?? new Dictionary<string, SecretSection>())
            if (secret.Source is { } source)
                yield return Compile(name, source, PackagesDescriptor.IdsOf(host.Section));
    }

    private static SecretSpec Compile(string name, SecretSource source, string[] packages) =>
        new()
        {
            Id = SecretSpec.IdOf(name),
            Name = name,
            Value = SecretSpec.Current,
            Copy = SecretSpec.Current,
            Length = source.Generate,
            Version = source.Generate is null ? null : source.Version ?? 1,
            Mode = (source.Mode ?? "0600").PadLeft(4, '0'),
            Owner = source.Owner ?? Root,
            Group = source.Group ?? Root,

            // A package may bring the user. Others do not wait: what a package finds at its installation may use the secret.
            After = source is { Owner: null or Root, Group: null or Root } ? [] : packages,
        };

    internal override bool IsSound(SecretSpec spec) => SecretSpec.IsName(spec.Name);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, SecretSection>))]
[JsonSerializable(typeof(SecretSource))]
[JsonSerializable(typeof(SecretSpec))]
internal sealed partial class SecretsJson : JsonSerializerContext;
