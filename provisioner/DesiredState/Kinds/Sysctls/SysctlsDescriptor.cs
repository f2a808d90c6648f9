using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Sysctls;

/// <summary>Settings of the kernel.</summary>
public sealed class SysctlsDescriptor : SectionDescriptor<SysctlSpec, string>
{
    private const string BootFile = "/etc/sysctl.d/50-cloudlet.conf";

    /// <summary>Settings of an interface that a description of links sets itself.</summary>
    private static readonly string[] OfLinks = ["accept_ra", "autoconf", "disable_ipv6"];

    /// <inheritdoc/>
    public override string Word => SysctlSpec.Word;

    /// <inheritdoc/>
    public override string Section => "sysctls";

    /// <inheritdoc/>
    public override string Help =>
        "Kernel settings (sysctl) by name, e.g. net.ipv4.ip_forward: 1, now and at boot; written with slashes, "
        + "net/ipv4/conf/eth0.100/forwarding, a name may have dots in its parts.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_][A-Za-z0-9_:-]*([./][A-Za-z0-9_:-]+)+$";

    /// <inheritdoc/>
    public override IReadOnlyList<OwnedPattern> OwnedFiles { get; } = [new("/etc/sysctl.d", "50-cloudlet", ".conf")];

    internal override IJsonTypeInfoResolver Json => SysctlsJson.Default;

    internal override void Check(HostCheck host)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in In(host.Host) ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            var path = SysctlSpec.PathOf(name);
            if (path.Split('/') is not { Length: > 1 } parts || parts.Any(static p => p is "" or "." or ".." || !Names.HasOnly(p, "_:-.")))
                host.Report.Key($"\"{name}\" is not a valid name of a kernel setting, e.g. net.ipv4.ip_forward", Section, name);
            else if (!seen.TryAdd(path, name))
                host.Report.Key($"\"{seen[path]}\" is the same setting ({host.Report.PlaceOf(Section, seen[path])})", Section, name);
            else if (parts is ["net", "ipv6", "conf", var link, var setting] && OfLinks.Contains(setting) && IsDeclared(link, host))
                host.Report.Key($"the link {link} sets {setting} itself; describe it under links (`acceptRa`, `addresses`)", Section, name);
            if (value is not { Length: > 0 and <= 4096 } || value.Any(static c => !char.IsAscii(c) || (char.IsControl(c) && c != '\t')))
                host.Report.Value("the value of a kernel setting is one line of 1 to 4096 ASCII characters", Section, name);
        }
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        if (In(host.Section) is not { Count: > 0 } settings)
            yield break;
        var lines = settings
            .OrderBy(static s => s.Key, StringComparer.Ordinal)
            .Select(s => $"{s.Key} = {SysctlSpec.Normalized(s.Value)}\n");
        var file = BootFiles.Text(BootFile, string.Concat(lines));
        yield return file;
        foreach (var (name, value) in settings)
            yield return new SysctlSpec
            {
                Id = SysctlSpec.IdOf(name),
                Name = name,
                Value = SysctlSpec.Normalized(value),
                After = [file.Id],
            };
    }

    /// <summary>A module may bring the setting, and the settings of an interface come with its link.</summary>
    internal override SysctlSpec Complete(SysctlSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        var parts = SysctlSpec.PathOf(spec.Name).Split('/');
        return spec with
        {
            After =
            [
                .. spec.After,
                .. all.Values.Where(r => r is ModuleSpec || (r is LinkSpec link && parts.Contains(link.Name))).Select(static r => r.Id),
            ],
        };
    }

    internal override bool IsSound(SysctlSpec spec) => spec.Name is { Length: > 0 };

    private static bool IsDeclared(string link, HostCheck host) => host.Host.Links?.ContainsKey(link) == true;
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(SysctlSpec))]
internal sealed partial class SysctlsJson : JsonSerializerContext;
