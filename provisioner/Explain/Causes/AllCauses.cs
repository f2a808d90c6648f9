namespace Cloudlet.Explain.Causes;

/// <summary>
/// Every cause that is looked for. Of two that are equally certain and do not follow from each other, the one listed first here is
/// reported first: it is nearer to the root.
/// </summary>
internal static class AllCauses
{
    public static IReadOnlyList<ICause> InOrder { get; } =
    [
        new NameChanged(),
        new ClockSkew(),
        new LinkMissing(),
        new BrokenConfiguration(),
        new BrokerUnreachable(),
        new PlacementDown(),
        new StaleCredentials(),
        new CrashLoop(),
        new CellsDown(),
        new DisabledByOperator(),
        new DisabledAuto(),
        new ForcedDown(),
        new ServiceDown(),
        new ServiceHung(),
        new HostNotMapped(),
        new PlacementProviderMissing(),
        new FlavorTooBig(),
        new StaleProcess(),
        new PlacementExhausted(),
        new AgentDead(),
        new FilteredOut(),
    ];
}
