using System.Text.Json.Serialization;
using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Modules;
using Cloudlet.DesiredState.Packages;
using Cloudlet.DesiredState.Programs;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.DesiredState;

/// <summary>
/// One thing on a host and how it should be. The same type says what is wanted and what was observed; in a wanted spec a property that is null is
/// left as it is, in an observed one null means that the host has none. Lists are sets: <see cref="HostState"/> keeps them sorted, and their order never matters.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "resource")]
[JsonDerivedType(typeof(ModuleSpec), "module")]
[JsonDerivedType(typeof(LinkSpec), "link")]
[JsonDerivedType(typeof(FileSpec), "file")]
[JsonDerivedType(typeof(PackageSpec), "package")]
[JsonDerivedType(typeof(ProgramSpec), "program")]
[JsonDerivedType(typeof(UnitSpec), "unit")]
public abstract record ResourceSpec
{
    /// <summary>Identity on its host: the resource name, a colon and the name on the host, e.g. <c>link:cloudlet0</c>, <c>file:/etc/motd</c>.</summary>
    [JsonPropertyOrder(-10)]
    public required string Id { get; init; }

    /// <summary>Ids of the resources that have to be as described before this one is touched.</summary>
    [JsonPropertyOrder(10)]
    public IReadOnlyList<string> After { get; init; } = [];

    /// <summary>
    /// Ids, a subset of <see cref="After"/>, whose change may make this resource deviate (a service and its configuration file): it is observed again after they changed.
    /// </summary>
    [JsonPropertyOrder(11)]
    public IReadOnlyList<string> Watches { get; init; } = [];
}
