using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Kinds.SentPrograms;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Service;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The cloudlet service of a host: its packages, account, program, configuration and units.</summary>
public static class ServiceCompiler
{
    /// <summary>Name of the service's unit.</summary>
    public const string Unit = "cloudlet-service.service";

    /// <summary>The program that the unit runs.</summary>
    public const string Program = "/usr/lib/cloudlet/cloudlet-service";

    private const string AccountsUnit = "cloudlet-service-accounts.service";
    private const string AccountsFile = "/etc/sysusers.d/cloudlet-service.conf";
    private const string UnitFile = $"{BootFiles.UnitFolder}/{Unit}";
    private const string AccountsUnitFile = $"{BootFiles.UnitFolder}/{AccountsUnit}";
    private const int LastPrivilegedPort = 1023;

    /// <summary>Programs of the runtime: QEMU, and qemu-img.</summary>
    private static readonly string[] Packages = ["qemu-system-x86", "qemu-utils"];

    /// <summary>Empty for a host without a <c>service</c> section.</summary>
    internal static IEnumerable<ResourceSpec> Compile(HostDescription host)
    {
        if (host.Section.Service is not { } section)
            return [];
        var packages = Packages.Select(name => new PackageSpec
        {
            Id = PackageSpec.IdOf(name),
            Name = name,
            Installed = true,
            After = [.. ISection.All.SelectMany(s => s.BeforePackages(host.Section))],
        });
        FileSpec[] files =
        [
            BootFiles.Text(AccountsFile, Accounts),
            BootFiles.Text(AccountsUnitFile, Render("accounts", new ScriptObject { ["accounts"] = AccountsFile })),
            BootFiles.Text(ServiceConfiguration.Path, "") with
            {
                Content = Configuration(section, host.Section).ToText(),
            },
            BootFiles.Text(UnitFile, Render("service", UnitValues(section))),
        ];
        var program = new SentProgramSpec
        {
            Id = SentProgramSpec.IdOf(Program),
            Path = Program,
            Content = SentProgramSpec.Any,
        };
        return [.. packages, .. files, program, AccountsOf(), UnitOf(section, host.Section)];
    }

    private static string Accounts =>
        $"""
            g cloudlet -
            u cloudlet-service - "Cloudlet service" {ServiceConfiguration.State}
            m cloudlet-service cloudlet

            """;

    private static UnitSpec AccountsOf() =>
        Started(AccountsUnit) with
        {
            Loads = [AccountsUnitFile, AccountsFile],
            After = [FileSpec.IdOf(AccountsUnitFile), FileSpec.IdOf(AccountsFile)],
            Watches = [FileSpec.IdOf(AccountsUnitFile), FileSpec.IdOf(AccountsFile)],
        };

    private static UnitSpec UnitOf(ServiceSection section, HostSection host)
    {
        string[] watches =
        [
            FileSpec.IdOf(UnitFile),
            FileSpec.IdOf(ServiceConfiguration.Path),
            SentProgramSpec.IdOf(Program),
            UnitSpec.IdOf(AccountsUnit),
        ];

        // A renewed certificate is loaded without a restart, so it is waited for and not watched.
        var certificate = new[] { section.Certificate, section.Key }
            .OfType<string>()
            .Where(name => host.Secrets?.GetValueOrDefault(name)?.Source is not null)
            .Select(SecretSpec.IdOf);
        return Started(Unit) with
        {
            Loads = [UnitFile, ServiceConfiguration.Path, Program],
            After = [.. watches, .. Packages.Union(host.Packages?.Keys ?? []).Select(PackageSpec.IdOf), .. certificate],
            Watches = watches,
        };
    }

    private static UnitSpec Started(string name) =>
        new()
        {
            Id = UnitSpec.IdOf(name),
            Name = name,
            Enabled = true,
            Running = true,
            Definition = UnitSpec.Current,
            Configuration = UnitSpec.Current,
        };

    private static ScriptObject UnitValues(ServiceSection section)
    {
        var isPrivileged = section.Listen?.Any(l => Uri.TryCreate(l, UriKind.Absolute, out var url) && url.Port <= LastPrivilegedPort);
        string[] capabilities = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_PTRACE"];
        return new ScriptObject
        {
            ["accounts"] = AccountsUnit,
            ["program"] = Program,
            ["configuration"] = ServiceConfiguration.Path,
            ["store"] = section.Store ?? ServiceConfiguration.State,
            ["writes"] = section.Store is not null,
            ["capabilities"] = string.Join(' ', isPrivileged == true ? [.. capabilities, "CAP_NET_BIND_SERVICE"] : capabilities),
        };
    }

    private static string Render(string name, ScriptObject values) => new EmbeddedTemplates("service").Render(name, values);

    private static ServiceConfiguration Configuration(ServiceSection section, HostSection host)
    {
        const int UsualRate = 1200;
        var quota = Quota(section.Quota, ServiceQuota.Standard);
        var quotas = (section.Quotas ?? new Dictionary<string, ServiceQuotaSection>()).Select(q =>
            KeyValuePair.Create(q.Key, Quota(q.Value, quota))
        );
        return new ServiceConfiguration
        {
            Store = section.Store,
            Listen = section.Listen ?? [],
            Names = section.Names ?? [],
            Certificate = Place(section.Certificate, host),
            Key = Place(section.Key, host),
            FetchFrom = section.FetchFrom ?? [],
            Quota = quota,
            Quotas = new SortedDictionary<string, ServiceQuota>(quotas.ToDictionary(), StringComparer.Ordinal),
            Keystone = section.Keystone is { } keystone
                ? new ServiceKeystone(
                    keystone.Url ?? "",
                    keystone.CaFile,
                    keystone.Admin ?? ["admin"],
                    keystone.Member ?? ["member"],
                    keystone.Reader ?? ["reader"]
                )
                : null,
            RequestsPerMinute = section.RequestsPerMinute ?? UsualRate,
        };
    }

    private static ServiceQuota Quota(ServiceQuotaSection? section, ServiceQuota standard) =>
        new(
            section?.Vms ?? standard.Vms,
            section?.MemoryMib ?? standard.MemoryMib,
            section?.StorageMib ?? standard.StorageMib,
            section?.Uploads ?? standard.Uploads
        );

    /// <summary>The path of a file that is described by its path or by the name of a secret.</summary>
    private static string? Place(string? described, HostSection host) =>
        described is null or ['/', ..] ? described : host.SecretPath(described);
}
