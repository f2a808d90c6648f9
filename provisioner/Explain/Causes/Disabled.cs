using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>An operator took the host out of use. Nothing is wrong with it that a program should repair.</summary>
internal sealed class DisabledByOperator : ICause
{
    public CauseKind Kind => CauseKind.DisabledByOperator;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.Compute is not { IsDisabled: true } service || DisabledAuto.IsAuto(service))
            return null;
        return new Finding(
            Kind,
            service.Host,
            Certainty.Sure,
            "an operator disabled the compute "
                + $"service{(service.DisabledReason is { Length: > 0 } reason ? $": {reason}" : ", without a reason")}"
        )
        {
            Evidence = [service.Quote()],
            Heals = "Nothing, on purpose: only an operator enables what an operator disabled.",
            Remedy = $"When the reason no longer applies: `openstack compute service set --enable {service.Host} nova-compute`.",
        };
    }
}

/// <summary>
/// Nova disables a compute service by itself while it has no connection to libvirt, and enables it again if the reason is still the one
/// that it set.
/// </summary>
internal sealed class DisabledAuto : ICause
{
    private const string Prefix = "AUTO:";

    private static readonly string[] LibvirtUnits = ["libvirtd.service", "virtqemud.service"];

    public CauseKind Kind => CauseKind.DisabledAuto;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.FilteredOut];

    public static bool IsAuto(NovaService service) => service.DisabledReason?.StartsWith(Prefix, StringComparison.Ordinal) == true;

    public Finding? Find(Situation situation)
    {
        // Neither daemon has to run all the time: sockets start them. A failed one is different.
        var libvirt =
            LibvirtUnits.Select(u => situation.Units.GetValueOrDefault(u)).FirstOrDefault(u => u is { ActiveState: "failed" })
            ?? (
                situation.Compute is { IsDisabled: true }
                    ? LibvirtUnits.Select(u => situation.Units.GetValueOrDefault(u)).FirstOrDefault(u => u is { IsDown: true })
                    : null
            );
        var lost = Quotes.Open(
            situation.ComputeLog,
            l => l.HasAny(["Connection to libvirt lost", "Connection to libvirt failed"]),
            "Connecting to libvirt: Connected",
            "Connected to libvirt"
        );
        var service = situation.Compute is { IsDisabled: true } disabled && IsAuto(disabled) ? disabled : null;
        var usesLibvirt = situation.Nova["DEFAULT.compute_driver"]?.Value.Contains("libvirt", StringComparison.Ordinal) == true;
        if (service is null && !(usesLibvirt && libvirt is { ActiveState: "failed" } && situation.Compute is not { IsDisabled: true }))
            return null;
        return new Finding(
            Kind,
            service?.Host ?? libvirt!.Name,
            service is null ? Certainty.Likely : Certainty.Sure,
            service is null
                ? "libvirt has failed: Nova disables the compute service because of that"
                : $"Nova disabled the compute service by itself: {service.DisabledReason}"
        )
        {
            Evidence = Quotes.All(service?.Quote(), libvirt?.QuoteState(), lost is [.., var last] ? last.Quote() : null),
            Heals = "It starts libvirt where its unit is described. Nova then enables the service itself.",
            Remedy = $"See why libvirt does not run: `journalctl --unit={libvirt?.Name ?? "libvirtd.service"}`.",
        };
    }
}

/// <summary>Fencing declared the host dead: its servers may be starting on other hosts.</summary>
internal sealed class ForcedDown : ICause
{
    public CauseKind Kind => CauseKind.ForcedDown;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.ServiceHung, CauseKind.FilteredOut];

    public Finding? Find(Situation situation) =>
        situation.Compute is not { IsForcedDown: true } service
            ? null
            : new Finding(
                Kind,
                service.Host,
                Certainty.Sure,
                "the compute service is forced down: whatever it reports, Nova considers it down"
            )
            {
                Evidence = [service.Quote()],
                Heals = "Nothing, on purpose: servers of this host may run elsewhere by now.",
                Remedy =
                    $"Once it is certain that none of its servers runs twice: `openstack compute service set --up {service.Host} "
                    + "nova-compute`.",
            };
}
