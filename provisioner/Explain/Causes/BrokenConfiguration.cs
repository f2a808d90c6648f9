using System.Globalization;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>
/// A line that no program accepts, or a value that it cannot use. A running process has loaded the file's earlier content: then the next
/// start is at risk.
/// </summary>
internal sealed class BrokenConfiguration : ICause
{
    private const string Refusal = "ACCESS_REFUSED";

    private static readonly string[] Complaints =
    [
        "ConfigFileParseError",
        "ConfigFileValueError",
        "ConfigFilesNotFoundError",
        "RequiredOptError",
        "Failed to parse ",
        "Unable to load the virtualization driver",
        "No module named 'nova.virt",
        "Unknown compute driver",
    ];

    private static readonly string[] Drivers =
    [
        "libvirt.LibvirtDriver",
        "fake.FakeDriver",
        "fake.SmallFakeDriver",
        "fake.MediumFakeDriver",
        "fake.FakeDriverWithoutFakeNodes",
        "ironic.IronicDriver",
        "vmwareapi.VMwareVCDriver",
        "zvm.ZVMDriver",
        "hyperv.HyperVDriver",
        "hyperv.driver.HyperVDriver",
        "powervm.PowerVMDriver",
        "powervm.driver.PowerVMDriver",
        "xenapi.XenAPIDriver",
    ];

    private static readonly string[] Wholes =
    [
        "DEFAULT.report_interval",
        "DEFAULT.service_down_time",
        "DEFAULT.reserved_host_memory_mb",
        "DEFAULT.reserved_host_disk_mb",
        "DEFAULT.reserved_host_cpus",
    ];

    private static readonly string[] Ratios =
    [
        "DEFAULT.cpu_allocation_ratio",
        "DEFAULT.ram_allocation_ratio",
        "DEFAULT.disk_allocation_ratio",
    ];

    private static readonly string[] VirtTypes = ["kvm", "qemu", "lxc", "parallels", "xen", "uml"];

    public CauseKind Kind => CauseKind.BrokenConfiguration;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.StaleProcess,
            CauseKind.CrashLoop,
            CauseKind.ServiceDown,
            CauseKind.ServiceHung,
            CauseKind.AgentDead,
            CauseKind.PlacementProviderMissing,
            CauseKind.FilteredOut,
        ];

    public Finding? Find(Situation situation)
    {
        var isDown = situation.ComputeUnitState is { IsDown: true } or { Restarts: >= CrashLoop.Many, IsActive: false };
        // A unit that is being restarted has read the file, too.
        var isNotUp = isDown || situation.ComputeUnitState is { ActiveState: "activating" };
        var isUnwell = isNotUp || situation.Compute?.IsUp == false;
        var complaint = Complaint(situation, isDown);
        var odd = situation.Nova.Odd.Concat(situation.Neutron.Odd).OrderByDescending(o => o.IsRefused).FirstOrDefault();
        var value =
            complaint?.Has(Refusal) == true && situation.Nova["DEFAULT.transport_url"] is { } url
                ? (url, "has a password that the broker refuses")
                : BadValue(situation.Nova);
        if (odd is null && value is null && complaint is null)
            return null;
        var isProven = complaint is not null || (isNotUp && odd is { IsRefused: true });
        var subject = odd?.Exhibit ?? value?.Option.Exhibit ?? complaint!.Exhibit;
        var certainty =
            isProven ? Certainty.Sure
            : isUnwell ? Certainty.Likely
            : Certainty.Possible;
        return new Finding(Kind, subject[(subject.IndexOf(':', StringComparison.Ordinal) + 1)..], certainty, Summary(odd, value, isUnwell))
        {
            Evidence = Quotes.All(
                odd is null ? null : new Evidence(odd.Exhibit, $"line {odd.Number}: {odd.Line}"),
                value?.Option.Quote(),
                complaint?.Quote(),
                isNotUp ? situation.ComputeUnitState!.QuoteState() : null
            ),
            Heals =
                "It restores the content of a described file at once. It never restarts a service whose files it finds "
                + "broken, and reports that.",
            Remedy = "Correct the quoted line, then start the unit; describe the file in the site to keep it correct.",
        };
    }

    private static string Summary(OddLine? odd, (OsloOption Option, string Problem)? value, bool isUnwell)
    {
        var what =
            odd is not null ? odd.Problem
            : value is { } bad ? $"{bad.Option.Name} {bad.Problem}"
            : "the service cannot use its configuration";
        return isUnwell ? what : $"{what}; the next start will read it";
    }

    /// <summary>The last error of the last process; of a running process, only errors that it cannot work well with.</summary>
    private static LogLine? Complaint(Situation situation, bool isDown) =>
        situation.ComputeLog.LastOrDefault(l =>
            isDown
                ? situation.ComputeUnitState is not { Result: "success", IsBetweenStarts: false }
                    && (l.HasAny(Complaints) || l.Has(Refusal))
                : l.Has("ValueError") && situation.Nova["DEFAULT.my_ip"] is { Value: { } ip } && IpText.Parse(ip) is null
        );

    private static (OsloOption Option, string Problem)? BadValue(Options options)
    {
        foreach (var option in options.All.Where(o => o.Value.Length > 0))
        {
            var problem = option.Name switch
            {
                "DEFAULT.my_ip" => IpText.Parse(option.Value) is not null ? null : "is not a valid IP address",
                "DEFAULT.compute_driver" => Drivers.Contains(option.Value)
                || option.Value.StartsWith("nova.virt.", StringComparison.Ordinal)
                    ? null
                    : "names no driver that Nova has",
                "libvirt.virt_type" => VirtTypes.Contains(option.Value) ? null : "is not one of " + string.Join(", ", VirtTypes),
                _ when Wholes.Contains(option.Name) => int.TryParse(
                    option.Value,
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out _
                )
                    ? null
                    : "is not a whole number",
                _ when Ratios.Contains(option.Name) => double.TryParse(
                    option.Value,
                    NumberStyles.Float,
                    CultureInfo.InvariantCulture,
                    out var ratio
                )
                && ratio >= 0
                    ? null
                    : "is not a ratio",
                _ => null,
            };
            if (problem is not null)
                return (option, problem);
        }

        return null;
    }
}
