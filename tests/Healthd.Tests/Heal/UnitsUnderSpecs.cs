using Cloudlet.Converge;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Healthd.Tests.Heal;

/// <summary>nova-compute without nova-conductor waits for it for minutes, and so does everything that waits for that start.</summary>
public sealed class UnitsUnderSpecs : IDisposable
{
    private const string First = "conductor.service";
    private const string Second = "compute.service";

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly HostState _state = HostState.Create("edge-1", [Unit(First), Unit(Second, UnitSpec.IdOf(First))]);
    private readonly MemoryConvergeStore _store = new();
    private readonly PartialConverger _healer;

    public UnitsUnderSpecs()
    {
        _machine = new FakeMachine(_clock);
        foreach (var unit in new[] { First, Second })
        {
            _machine.Files.Write($"/etc/systemd/system/{unit}", "[Service]\n[Install]\n"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            _machine.Systemd.EnableByHand(unit);
        }

        _store.WriteApplied(_state);
        _healer = new PartialConverger(
            new KindRegistry().Add(new UnitsKind(_machine.Systemd, _machine.Files, StatePaths.Host.Units, _clock, patience: TimeSpan.Zero)),
            _store,
            _clock,
            _ => { }
        );
    }

    [Fact]
    public async Task A_unit_is_started_after_its_dependencies_even_without_events_about_them()
    {
        var plan = await _healer.ObserveAndPlanAsync(_state, [UnitSpec.IdOf(Second)], TestContext.Current.CancellationToken);
        await _healer.HealAsync(_state, plan, TestContext.Current.CancellationToken);

        _machine.Systemd.Calls.ShouldBe([$"start {First}", $"start {Second}"]);
    }

    [Fact]
    public async Task A_healthy_unit_does_not_cause_further_observations()
    {
        await _machine.Systemd.StartAsync(Second, TestContext.Current.CancellationToken);

        (await _healer.ObserveAndPlanAsync(_state, [UnitSpec.IdOf(Second)], TestContext.Current.CancellationToken)).IsEmpty.ShouldBeTrue();
    }

    public void Dispose() => _machine.Dispose();

    private static UnitSpec Unit(string name, params IReadOnlyList<string> after) =>
        new()
        {
            Id = UnitSpec.IdOf(name),
            Name = name,
            Enabled = true,
            Running = true,
            After = after,
        };
}
