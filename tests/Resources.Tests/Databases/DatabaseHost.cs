using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Databases;

/// <summary>A host in memory that is described by sections of a site file.</summary>
internal sealed class DatabaseHost : IDisposable
{
    public const string SecretPath = "/etc/cloudlet/secrets/nova";
    public const string Secret = "Xq7-secret-of-nova";

    private readonly List<ConvergeEvent> _events = [];
    private readonly TempDir _folder = new();

    public DatabaseHost()
        : this(new FakeMachine()) => Machine.Files[SecretPath] = $"{Secret}\n";

    /// <summary>The same host, seen by another program.</summary>
    public DatabaseHost(DatabaseHost other)
        : this(other.Machine) { }

    private DatabaseHost(FakeMachine machine)
    {
        Machine = machine;
        Vault = new ContentVault(Machine.Files, StatePaths.Host.Vault);
        Converger = new Converger(
            HostKinds.For(new HostParts(Machine, StatePaths.Host, Vault, Machine.Clock)),
            new HostConvergeStore(Machine.Files, StatePaths.Host with { RunFolder = _folder.Path }, Vault, Machine.Clock),
            new RecordingGuard(),
            Machine.Clock,
            _events.Add
        );
    }

    public FakeMachine Machine { get; }

    public ContentVault Vault { get; }

    public Converger Converger { get; }

    /// <summary>Messages of changes that failed.</summary>
    public IEnumerable<string> Failures => _events.OfType<ChangeFailed>().Select(static f => f.Message);

    /// <summary>Every text that a run has written, printed or passed on a command line.</summary>
    public IEnumerable<string> Traces() =>
        [
            .. Machine.Processes.Commands,
            .. Machine.Writes,
            .. _events.Select(static e => e.ToString()),
            .. Machine
                .Files.Contents.Where(static f => f.Path != SecretPath)
                .Select(static f => System.Text.Encoding.UTF8.GetString(f.Content)),
        ];

    public Task<Plan> PlanAsync(string host) => Converger.PlanAsync(State(host), default);

    public Task<Finished> ApplyAsync(string host) => Converger.ApplyAsync(State(host), new ApplyOptions(), default);

    public void Dispose()
    {
        Machine.Dispose();
        _folder.Dispose();
    }

    public static HostState State(string host)
    {
        var loaded = Load(host);
        loaded.Problems.ShouldBeEmpty();
        return HostCompiler.Compile(loaded.Site!, new OneFile("")).ShouldHaveSingleItem().State!;
    }

    public static SiteLoadResult Load(string host) => SiteLoader.Load(["site.yaml"], new OneFile("hosts: {edge-1: {" + host + "}}"));

    private sealed class OneFile(string site) : ISiteFiles
    {
        public string? ReadText(string path) => path == "site.yaml" ? site : null;
    }
}
