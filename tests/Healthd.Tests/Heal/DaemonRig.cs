using System.Text;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Health;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Systemd;
using Cloudlet.Resources.Kinds.Files;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using NSubstitute;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>
/// The daemon on a host in memory: a configuration file, and the service that loads it, which is enabled and does not run.
/// </summary>
internal sealed class DaemonRig : IDisposable
{
    public const string Unit = "edge.service";
    public const string Configuration = "/etc/edge.conf";

    /// <summary>A host to which nothing was applied.</summary>
    /// <param name="starter">Starts and restarts units; null: the host's service manager.</param>
    public DaemonRig(Func<ISystemd, ISystemd>? starter = null)
    {
        Machine = new FakeMachine(Clock);
        Machine.Files.Write($"/etc/systemd/system/{Unit}", "[Service]\n[Install]\n"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Machine.Systemd.EnableByHand(Unit);
        var host = new HealthHost
        {
            Machine = Machine,
            Kinds = new KindRegistry()
                .Add(new FilesKind(Machine.Files, new ContentVault(Machine.Files, "/var/lib/cloudlet/vault"), []))
                .Add(
                    new UnitsKind(
                        starter?.Invoke(Machine.Systemd) ?? Machine.Systemd,
                        Machine.Files,
                        StatePaths.Host.Units,
                        Clock,
                        patience: TimeSpan.Zero
                    )
                ),
            Store = Store,
            Guard = new RecordingGuard(),
            Wakers = Wakers,
            HostName = () => "edge-1",
            Paths = HealthPaths.Host,
        };
        Daemon = new HealthDaemon(host, new HealthSettings(), Clock, Reports, new Random(1));
    }

    public ManualClock Clock { get; } = new();

    public MemoryConvergeStore Store { get; } = new();

    public FakeMachine Machine { get; }

    public IHostWatchers Wakers { get; } = Substitute.For<IHostWatchers>();

    public IHealthReports Reports { get; } = Substitute.For<IHealthReports>();

    public HealthDaemon Daemon { get; }

    /// <summary>A state with this content of the configuration file.</summary>
    public static HostState State(string content) =>
        HostState.Create(
            "edge-1",
            [
                new FileSpec
                {
                    Id = FileSpec.IdOf(Configuration),
                    Path = Configuration,
                    Kind = FileKind.File,
                    Content = content,
                },
                new UnitSpec
                {
                    Id = UnitSpec.IdOf(Unit),
                    Name = Unit,
                    Enabled = true,
                    Running = true,
                    Configuration = UnitSpec.Current,
                    Loads = [Configuration],
                    After = [FileSpec.IdOf(Configuration)],
                },
            ]
        );

    /// <summary>Content of the configuration file.</summary>
    public string? Text => ((IHostFiles)Machine.Files).Read(Configuration) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Runs the daemon until it is ready.</summary>
    public async Task StartAsync()
    {
        using var stop = new CancellationTokenSource();
        await Daemon.RunAsync(ready: stop.Cancel, alive: () => { }, stop.Token);
    }

    /// <summary>One iteration of its loop, two seconds later.</summary>
    public async Task StepAsync()
    {
        Clock.Advance(TimeSpan.FromSeconds(2));
        await Daemon.StepAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        Daemon.Dispose();
        Machine.Dispose();
    }
}
