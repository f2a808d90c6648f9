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
        new DiskFull(),
        new CertificateExpired(),
        new ProcessStopped(),
        new BrokenConfiguration(),
        new DatabaseDown(),
        new ConnectionsExhausted(),
        new DatabaseRefused(),
        new SchemaBehind(),
        new BrokerUnreachable(),
        new BrokerPermission(),
        new CacheAway(),
        new IdentityDown(),
        new AccountRefused(),
        new UnitDown(),
        new CatalogWrong(),
        new EndpointUnreachable(),
        new CellWrong(),
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
        new SouthboundUnreachable(),
        new ChassisRenamed(),
        new ChassisMissing(),
        new MappingMissing(),
        new SwitchDenied(),
        new HostTwice(),
        new AgentDead(),
        new BindingFailed(),
        new MetadataUnreachable(),
        new AddressesExhausted(),
        new DhcpOff(),
        new AddressMissing(),
        new ImageMissing(),
        new ImageUnusable(),
        new QuotaExhausted(),
        new LoginUnusable(),
        new FilteredOut(),
    ];
}
