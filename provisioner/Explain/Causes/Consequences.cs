using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Causes;

/// <summary>What follows when a part of the cloud fails that Nova and Neutron need.</summary>
internal static class Consequences
{
    /// <summary>Findings about Nova and Neutron on any host.</summary>
    public static IReadOnlyList<CauseKind> OfCloud { get; } =
    [
        CauseKind.PlacementDown,
        CauseKind.CrashLoop,
        CauseKind.CellsDown,
        CauseKind.ServiceDown,
        CauseKind.ServiceHung,
        CauseKind.HostNotMapped,
        CauseKind.PlacementProviderMissing,
        CauseKind.AgentDead,
        CauseKind.FilteredOut,
        CauseKind.BindingFailed,
    ];
}
