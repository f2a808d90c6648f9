using System.Text;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Resources.Kinds.Secrets;
using Cloudlet.Resources.State;
using Cloudlet.Resources.Tests.Databases;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Secrets;

/// <summary>A host in memory whose secrets come from sections of a site file, and their values from the test.</summary>
internal sealed class SecretsHost : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly List<ConvergeEvent> _events = [];

    public SecretsHost()
    {
        Vault = new ContentVault(Machine.Files, StatePaths.Host.Vault);
        Copies = new SecretCopies(Machine.Files, Vault, StatePaths.Host.Secrets);
        Store = new HostConvergeStore(Machine.Files, StatePaths.Host with { RunFolder = _folder.Path }, Vault, Machine.Clock);
    }

    public FakeMachine Machine { get; } = new();

    public FakeFiles Files => Machine.Files;

    public ContentVault Vault { get; }

    public SecretCopies Copies { get; }

    public HostConvergeStore Store { get; }

    /// <summary>Messages of changes that failed.</summary>
    public IEnumerable<string> Failures => _events.OfType<ChangeFailed>().Select(static f => f.Message);

    public Task<Plan> PlanAsync(string host, params (string, string)[] values) =>
        Converger(values, isApply: false).PlanAsync(DatabaseHost.State(host), default);

    public Task<Finished> ApplyAsync(string host, params (string, string)[] values) =>
        Converger(values, isApply: true).ApplyAsync(DatabaseHost.State(host), new ApplyOptions(), default);

    public Task<Finished> ApplyOrGoBackAsync(string host, params (string, string)[] values) =>
        Converger(values, isApply: true).ApplyAsync(DatabaseHost.State(host), new ApplyOptions { RollBackOnFailure = true }, default);

    public Task<Finished> RollBackAsync() => Converger([], isApply: false).RollBackAsync(null, default);

    public Task<Finished> RestoreAsync() => Converger([], isApply: false).RestoreAsync(default);

    public SecretsKind Kind(params (string, string)[] values) => new(Files, Vault, Copies, ValuesOf(values));

    /// <summary>What a heal of the applied state would do: the daemon has no values.</summary>
    public async Task<PartialPlan> HealAsync()
    {
        var converger = new PartialConverger(HostKinds.For(Parts([], isApply: false)), Store, Machine.Clock, _events.Add);
        var applied = Store.ReadApplied()!;
        var plan = await converger.ObserveAndPlanAsync(applied, null, default);
        return new PartialPlan(plan, async () => (await converger.HealAsync(applied, plan, default))!);
    }

    /// <summary>
    /// Every text that runs have printed or written, but for the files of secrets and those that are described to hold one.
    /// </summary>
    public IEnumerable<string> Traces(params string[] holders) =>
        [
            .. Machine.Processes.Commands,
            .. Machine.Writes,
            .. _events.Select(static e => e.ToString()),
            .. _events.Select(ConvergeEventJson.ToLine),
            .. Files
                .Contents.Where(f => !f.Path.StartsWith("/etc/cloudlet/secrets/", StringComparison.Ordinal) && !holders.Contains(f.Path))
                .Select(static f => Encoding.UTF8.GetString(f.Content)),
        ];

    public void Dispose()
    {
        Machine.Dispose();
        _folder.Dispose();
    }

    private Converger Converger((string, string)[] values, bool isApply) =>
        new(HostKinds.For(Parts(values, isApply)), Store, new RecordingGuard(), Machine.Clock, _events.Add);

    private HostParts Parts((string, string)[] values, bool isApply) =>
        new(Machine, StatePaths.Host, Vault, Machine.Clock) { Secrets = ValuesOf(values), IsApply = isApply };

    private static SecretValues ValuesOf((string Name, string Value)[] values) =>
        new([.. values.Select(static v => new KeyValuePair<string, string>(v.Name, v.Value))]);
}

/// <summary>What a daemon found, and the way to repair it.</summary>
internal sealed record PartialPlan(Plan Plan, Func<Task<Healed>> HealAsync);
