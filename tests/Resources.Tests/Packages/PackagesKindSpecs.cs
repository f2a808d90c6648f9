using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.Errors;
using Cloudlet.Resources.Kinds.Packages;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Packages;

public sealed class PackagesKindSpecs : IDisposable
{
    private readonly FakeMachine _machine = new();
    private readonly ManualClock _clock = new() { JumpsOverWaits = false };
    private readonly List<ConvergeEvent> _events = [];
    private readonly Converger _converger;

    public PackagesKindSpecs()
    {
        _converger = new Converger(
            new KindRegistry().Add(new PackagesKind(_machine.Packages, _clock, _machine.Systemd, _machine.Files)),
            new MemoryConvergeStore(),
            new RecordingGuard(),
            _clock,
            e =>
            {
                lock (_events)
                    _events.Add(e);
            }
        );
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Several_packages_are_one_call()
    {
        (await ApplyAsync(Package("chrony"), Package("nova-compute"))).Result.ShouldBe(RunResult.Changed);
        _machine.Packages.Calls.ShouldBe(["install chrony nova-compute"]);
        (await ApplyAsync(Package("chrony"), Package("nova-compute"))).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task One_of_the_packages_of_a_call_reports_what_apt_does()
    {
        var kind = new PackagesKind(_machine.Packages, _clock, _machine.Systemd, _machine.Files);
        var (both, said) = (new[] { Package("chrony"), Package("nova-compute") }, new List<string?>());
        _machine.Packages.Progress = "apt: Configuring chrony, 40 %";
        _machine.Packages.Next = () =>
        {
            said.AddRange(both.Select(kind.Doing));
            return Task.CompletedTask;
        };

        var work = Task.WhenAll(both.Select(p => kind.ApplyAsync(p, null, default).AsTask()));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await work;

        said.ShouldBe(["apt: Configuring chrony, 40 %", null]);
        kind.Doing(both[0]).ShouldBeNull();
    }

    [Fact]
    public async Task A_broken_package_fails_alone()
    {
        _machine.Packages.Source["broken"] = "1.0";
        _machine.Packages.Broken.Add("broken");
        var end = await ApplyAsync(Package("broken"), Package("chrony"), Package("nova-compute"));
        (end.Changed, end.Failed).ShouldBe((2, 1));
        _machine.Packages.Installed.Keys.ShouldBe(["chrony", "nova-compute"], ignoreOrder: true);
        _events
            .OfType<ChangeFailed>()
            .Single()
            .ShouldSatisfyAllConditions(f => f.Id.ShouldBe("package:broken"), f => f.Kind.ShouldBe(ErrorKind.ProcessFailed));
        _machine.Packages.Calls[0].ShouldBe("install broken chrony nova-compute");
    }

    [Fact]
    public async Task A_lock_in_use_is_not_retried_package_by_package()
    {
        _machine.Packages.Next = () => throw new CloudletException(ErrorKind.Busy, "dpkg is locked");
        (await ApplyAsync(Package("chrony"), Package("nova-compute"))).Result.ShouldBe(RunResult.Changed);
        _machine.Packages.Calls[0].ShouldBe("install chrony nova-compute");
        _machine.Packages.Calls.Count.ShouldBeLessThanOrEqualTo(3);
        _events.OfType<Noticed>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task An_exact_version_is_requested_and_checked()
    {
        _machine.Packages.Installed["chrony"] = "4.2";
        (await ApplyAsync(Package("chrony") with { Version = "4.3" })).Result.ShouldBe(RunResult.Changed);
        _machine.Packages.Calls.ShouldBe(["install chrony=4.3"]);
        (await Should.ThrowAsync<CloudletException>(() => ApplyAsync(Package("chrony") with { Version = "9.9" }))).Message.ShouldContain(
            "offers chrony=9.9"
        );
    }

    [Fact]
    public async Task A_package_held_by_an_operator_is_refused_before_any_change()
    {
        _machine.Packages.Installed["chrony"] = "4.2";
        _machine.Packages.OnHold.Add("chrony");

        var error = await Should.ThrowAsync<CloudletException>(() =>
            ApplyAsync(Package("chrony") with { Version = "4.3" }, Package("nova-compute"))
        );

        error.Message.ShouldContain("apt-mark unhold chrony");
        _machine.Packages.Calls.ShouldBeEmpty();
        (await ApplyAsync(Package("chrony") with { Version = "4.2" })).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task An_unwanted_package_is_removed()
    {
        _machine.Packages.Installed["chrony"] = "4.3";
        (await ApplyAsync(Package("chrony") with { Installed = false })).Result.ShouldBe(RunResult.Changed);
        _machine.Packages.Calls.ShouldBe(["remove chrony"]);
        (await ApplyAsync(Package("chrony") with { Installed = false })).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task Packages_are_left_alone_when_no_longer_described_and_in_a_rollback()
    {
        await ApplyAsync(Package("chrony"), Package("nova-compute"));
        (await _converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        await ApplyAsync();
        _machine.Packages.Installed.Count.ShouldBe(2);
        _machine.Packages.Calls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Cancelling_stops_every_package()
    {
        using var end = new CancellationTokenSource();
        _machine.Packages.Next = async () =>
        {
            await end.CancelAsync();
            end.Token.ThrowIfCancellationRequested();
        };
        await Should.ThrowAsync<OperationCanceledException>(() => ApplyAsync([Package("chrony"), Package("nova-compute")], end.Token));
    }

    private static PackageSpec Package(string name) =>
        new()
        {
            Id = PackageSpec.IdOf(name),
            Name = name,
            Installed = true,
        };

    private Task<Finished> ApplyAsync(params PackageSpec[] packages) => ApplyAsync(packages, default);

    /// <summary>Time passes only when every task waits: by then, all packages have been requested.</summary>
    private async Task<Finished> ApplyAsync(PackageSpec[] packages, CancellationToken ct)
    {
        var run = _converger.ApplyAsync(HostState.Create("edge-1", packages), new ApplyOptions(), ct);
        while (!run.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(run, Task.Delay(1, CancellationToken.None));
        }

        return await run;
    }
}
