using System.Net;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>
/// Nova keys services, cells, providers and servers by the host's name. Under another name the host is a new one, and its servers belong
/// to no host: older releases then delete them.
/// </summary>
internal sealed class NameChanged : ICause
{
    public CauseKind Kind => CauseKind.NameChanged;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.CrashLoop,
            CauseKind.ServiceDown,
            CauseKind.ServiceHung,
            CauseKind.HostNotMapped,
            CauseKind.PlacementProviderMissing,
            CauseKind.AgentDead,
            CauseKind.FilteredOut,
        ];

    public Finding? Find(Situation situation)
    {
        var refused = situation.ComputeLog.LastOrDefault(l =>
            l.HasAny(["Possible rename detected", "No local node identity found, but this is not our first startup"])
        );
        var other = OtherName(situation);
        var recorded = situation.Names is { Name: { } name, Recorded: { } before } && name != before ? before : null;
        if (refused is null && other is null && recorded is null)
            return null;
        var was = other?.Host ?? recorded;
        // With `host` in nova.conf the machine's name matters less: Nova may work as before.
        var works = refused is null && situation.Compute?.IsUp == true;
        return new Finding(
            Kind,
            situation.Host,
            !works ? Certainty.Sure
                : other is not null ? Certainty.Likely
                : Certainty.Possible,
            $"the host's name is {situation.Host}, and {(was is null ? "Nova knows it by another name" : $"was {was} before")}"
        )
        {
            Evidence = Quotes.All(
                refused?.Quote(),
                other?.Quote(),
                situation.Names is { } names
                    ? new Evidence(
                        ExhibitIds.Host,
                        $"hostname {names.Name}{(names.Recorded is null ? "" : $"; recorded {names.Recorded}")}"
                    )
                    : null,
                situation.Nova["DEFAULT.host"]?.Quote()
            ),
            Heals =
                "Nothing, on purpose: it restarts no unit while the name differs, because a restart under another name can cost the "
                + "servers.",
            Remedy =
                $"Give the host its name back{(was is null ? "" : $" (`hostnamectl set-hostname`, or `host = {was}` in nova.conf)")} "
                + "before anything is restarted; "
                + "never rename a host with servers on it.",
        };
    }

    /// <summary>A record of another name that is down and has an address of this very host.</summary>
    private static Hypervisor? OtherName(Situation situation) =>
        situation.Hypervisors?.FirstOrDefault(h =>
            h.Host is { } host
            && host != situation.Host
            && IpText.Parse(h.Address) is { } address
            && !IPAddress.IsLoopback(address)
            && (
                situation.Links?.Any(l => l.Addresses.Contains(address))
                ?? address.Equals(IpText.Parse(situation.Nova["DEFAULT.my_ip"]?.Value))
            )
            && situation.Services?.Any(s => s.Binary == "nova-compute" && s.Host == host && s.IsUp == true) != true
        );
}
