using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Situations;

/// <summary>
/// What a bundle says about a host, typed. Null means "not seen" and never "does not exist"; <see cref="Unknowns"/> says why. Reading
/// never fails: an exhibit that is missing or makes no sense is an unknown.
/// </summary>
internal sealed class Situation
{
    /// <summary>Unit of the compute service.</summary>
    public const string ComputeUnit = "nova-compute.service";

    /// <summary>Nova's own default of service_down_time, seconds.</summary>
    private const int DownTime = 60;

    private Situation(Bundle bundle)
    {
        var notes = new Notes(bundle);
        Collected = bundle.Header.Collected;
        BundleHost = bundle.Header.Host;
        Names = HostNames.Read(notes);
        Units = UnitState.ReadAll(bundle, notes);
        Nova = Options.Read(bundle, "/etc/nova/", notes);
        Neutron = Options.Read(bundle, "/etc/neutron/", notes);
        Freshness = FreshnessState.ReadAll(bundle, notes);
        Services = NovaService.ReadAll(notes);
        Hypervisors = Hypervisor.ReadAll(notes);
        Server = ServerState.ReadAll(bundle, notes) is [var first, ..] ? first : null;
        Flavor = FlavorState.ReadFirst(bundle, notes) ?? Server?.Flavor;
        Providers = Provider.ReadAll(notes);
        Mapped = MappedHosts.Read(notes);
        Links = LinkState.ReadAll(notes);
        Clock = ClockReading.Read(notes);
        Brokers = BrokerReach.ReadAll(notes);
        Agents = NeutronAgent.ReadAll(notes);
        Logs = ExhibitCatalog.Logs.ToDictionary(s => s, s => LogText.Read(s, notes), StringComparer.Ordinal);
        PlacementAnswer = bundle.Find(ExhibitIds.Providers);
        ApiAnswer = bundle.Find(ExhibitIds.Services);
        Cloud = CloudState.Read(bundle, notes);
        NoteMissing(bundle, notes);
        (Unknowns, Looked) = (notes.Unknowns, notes.Looked);
    }

    /// <summary>When it was collected, UTC.</summary>
    public DateTimeOffset Collected { get; }

    /// <summary>Name in the header of the bundle.</summary>
    public string BundleHost { get; }

    public HostNames? Names { get; }

    /// <summary>Units that the host has, by name.</summary>
    public IReadOnlyDictionary<string, UnitState> Units { get; }

    public Options Nova { get; }

    public Options Neutron { get; }

    /// <summary>By unit.</summary>
    public IReadOnlyDictionary<string, FreshnessState> Freshness { get; }

    public IReadOnlyList<NovaService>? Services { get; }

    public IReadOnlyList<Hypervisor>? Hypervisors { get; }

    /// <summary>The server in question.</summary>
    public ServerState? Server { get; }

    /// <summary>The flavor in question.</summary>
    public FlavorState? Flavor { get; }

    public IReadOnlyList<Provider>? Providers { get; }

    public IReadOnlyList<string>? Mapped { get; }

    public IReadOnlyList<LinkState>? Links { get; }

    public ClockReading? Clock { get; }

    public IReadOnlyList<BrokerReach>? Brokers { get; }

    public IReadOnlyList<NeutronAgent>? Agents { get; }

    /// <summary>By service; empty for a service without a log.</summary>
    public IReadOnlyDictionary<string, LogText> Logs { get; }

    /// <summary>Placement's answer, whatever it was.</summary>
    public Exhibit? PlacementAnswer { get; }

    /// <summary>Nova's answer, whatever it was.</summary>
    public Exhibit? ApiAnswer { get; }

    /// <summary>What else the cloud consists of.</summary>
    public CloudState Cloud { get; }

    public IReadOnlyList<Unknown> Unknowns { get; }

    /// <summary>Exhibits that gave an answer.</summary>
    public IReadOnlyList<string> Looked { get; }

    public UnitState? ComputeUnitState => Units.GetValueOrDefault(ComputeUnit);

    /// <summary>The name under which this host is known to Nova.</summary>
    public string Host =>
        Nova["DEFAULT.host"]?.Value
        ?? (IsRecorded(Names?.FullName) && !IsRecorded(Names?.Name) ? Names?.FullName : Names?.Name)
        ?? BundleHost;

    /// <summary>Nova's record of this host's compute service; null when there is none or when that is unknown.</summary>
    public NovaService? Compute => Services?.FirstOrDefault(s => s.Binary == "nova-compute" && s.Host == Host);

    /// <summary>True when something says that servers are meant to run here.</summary>
    public bool IsComputeHost => ComputeUnitState is not null || Compute is not null;

    /// <summary>Seconds without a report after which Nova considers a service down.</summary>
    public int ServiceDownSeconds => Nova.Seconds("DEFAULT.service_down_time", DownTime);

    /// <summary>Lines of the compute service that runs now, or ran last.</summary>
    public IReadOnlyList<LogLine> ComputeLog =>
        Logs["nova-compute"].Of(ComputeUnitState is { IsDown: false, MainPid: { } pid } ? pid : null);

    /// <summary>This host's hypervisor, or null.</summary>
    public Hypervisor? Hypervisor =>
        Hypervisors?.FirstOrDefault(h => h.Host == Host)
        ?? Hypervisors?.FirstOrDefault(h => h.Name == Names?.FullName || h.Name == Names?.Name);

    /// <summary>This host's provider: its name is that of the hypervisor.</summary>
    public Provider? Provider =>
        Hypervisor is { } hypervisor
            ? Providers?.FirstOrDefault(p => p.Name == hypervisor.Name)
            : Providers?.FirstOrDefault(p => p.Name == Names?.FullName || p.Name == Names?.Name || p.Name == Host);

    /// <summary>Reads a bundle.</summary>
    public static Situation Of(Bundle bundle) => new(bundle);

    private bool IsRecorded(string? name) => name is not null && Services?.Any(s => s.Binary == "nova-compute" && s.Host == name) == true;

    private void NoteMissing(Bundle bundle, Notes notes)
    {
        if (!bundle.StartingWith(ExhibitIds.Unit("")).Any())
            notes.Unknown(ExhibitIds.Unit("*"), "no unit was collected");
        if (!Nova.IsKnown)
            notes.Unknown(ExhibitIds.Configuration("/etc/nova/nova.conf"), "no configuration of Nova was collected");
        if (ComputeUnitState is { IsActive: true } && bundle.Find(ExhibitIds.Freshness(ComputeUnit)) is null)
            notes.Unknown(ExhibitIds.Freshness(ComputeUnit), "it was not collected");
        if (ComputeUnitState is not null && !Logs["nova-compute"].All.Any())
            notes.Unknown(ExhibitIds.Log("nova-compute"), "no line of it was collected");
    }
}
