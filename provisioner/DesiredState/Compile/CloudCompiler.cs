using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Kinds.CloudServices;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Compile;

/// <summary>
/// Conditions that the services of a described cloud answer: a unit of a service is active many seconds before its API answers.
/// </summary>
internal static class CloudCompiler
{
    /// <summary>How many seconds an apply waits for a service; a cold start on a loaded machine takes 75.</summary>
    private const int Patience = 600;

    /// <summary>Empty for a host that describes no cloud.</summary>
    public static IEnumerable<ConditionSpec> Compile(HostDescription host)
    {
        if (host.Section.Cloud is not { } cloud || !ISection.All.Any(s => IsUsed(s, type: null, host.Section)))
            yield break;
        yield return Condition(CloudServiceTypes.Identity, ConditionKind.Http, cloud.AuthUrl ?? "", host.Section) with
        {
            CaFile = cloud.CaFile,
        };
        foreach (var type in CloudServiceTypes.Others)
            if (UrlOf(type, host.Section) is { } url && ISection.All.Any(s => IsUsed(s, type, host.Section)))
                yield return Condition(type, ConditionKind.Tcp, $"{url.Host}:{url.Port}", host.Section);
    }

    private static bool IsUsed(ISection section, string? type, HostSection host) =>
        section is ICloudSection cloud && (type is null || cloud.Service == type) && section.NamesIn(host).Any();

    private static ConditionSpec Condition(string type, ConditionKind kind, string target, HostSection host) =>
        new()
        {
            Id = ConditionSpec.IdOf(CloudServiceTypes.ConditionOf(type)),
            Name = CloudServiceTypes.ConditionOf(type),
            Kind = kind,
            Target = target,
            TimeoutSeconds = Patience,
            Met = true,
            // It must not wait while packages are still being installed.
            After =
            [
                .. CloudServiceTypes.UnitsOf(type).Where(id => host.Units?.ContainsKey(KindDescriptors.NameIn(id)) == true),
                .. PackagesDescriptor.IdsOf(host),
            ],
        };

    /// <summary>Where a described service answers; null: this host does not describe it.</summary>
    private static Uri? UrlOf(string type, HostSection host) =>
        host.CloudServices?.Values.FirstOrDefault(s => s.Type == type) is { } service
        && Uri.TryCreate(service.Internal ?? service.Url ?? service.Public, UriKind.Absolute, out var url)
            ? url
            : null;
}
