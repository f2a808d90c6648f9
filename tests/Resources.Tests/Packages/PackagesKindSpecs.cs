using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Packages;
using Cloudlet.Errors;
using Cloudlet.Resources.Packages;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Packages;

public sealed class PackagesKindSpecs : IDisposable
{
    private readonly FakeMachine machine = new();
    private readonly ManualClock clock = new() { JumpsOverWaits = false };
    private readonly List<ConvergeEvent> events = [];
    private readonly Converger converger;

    public PackagesKindSpecs()
    {
        converger = new Converger(new KindRegistry().Add(new PackagesKind(machine.Packages, clock)), new MemoryConvergeStore(), new RecordingGuard(), clock, e =>
        {
            lock (events)
                events.Add(e);
        });
    }

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task Several_packages_are_one_call()
    {
        (await ApplyAsync(Package("chrony"), Package("nova-compute"))).Result.ShouldBe(RunResult.Changed);
        machine.Packages.Calls.ShouldBe(["install chrony nova-compute"]);
        (await ApplyAsync(Package("chrony"), Package("nova-compute"))).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task A_bad_one_fails_alone()
    {
        var end = await ApplyAsync(Package("chrony"), Package("nosuch"), Package("nova-compute"));
        (end.Changed, end.Failed).ShouldBe((2, 1));
        machine.Packages.Installed.Keys.ShouldBe(["chrony", "nova-compute"], ignoreOrder: true);
        events.OfType<ChangeFailed>().Single().ShouldSatisfyAllConditions(f => f.Id.ShouldBe("package:nosuch"), f => f.Kind.ShouldBe(ErrorKind.NotFound));
        machine.Packages.Calls[0].ShouldBe("install chrony nosuch nova-compute");
    }

    [Fact]
    public async Task A_lock_that_is_held_is_not_tried_one_by_one()
    {
        machine.Packages.Next = () => throw new CloudletException(ErrorKind.Busy, "dpkg is locked");
        (await ApplyAsync(Package("chrony"), Package("nova-compute"))).Result.ShouldBe(RunResult.Changed);
        machine.Packages.Calls[0].ShouldBe("install chrony nova-compute");
        machine.Packages.Calls.Count.ShouldBeLessThanOrEqualTo(3);
        events.OfType<Noticed>().Count().ShouldBe(2);
    }

    [Fact]
    public async Task An_exact_version_is_asked_for_and_checked()
    {
        machine.Packages.Installed["chrony"] = "4.2";
        (await ApplyAsync(Package("chrony") with { Version = "4.3" })).Result.ShouldBe(RunResult.Changed);
        machine.Packages.Calls.ShouldBe(["install chrony=4.3"]);
        (await ApplyAsync(Package("chrony") with { Version = "9.9" })).Result.ShouldBe(RunResult.Failed);
    }

    [Fact]
    public async Task A_package_that_should_not_be_there_is_removed()
    {
        machine.Packages.Installed["chrony"] = "4.3";
        (await ApplyAsync(Package("chrony") with { Installed = false })).Result.ShouldBe(RunResult.Changed);
        machine.Packages.Calls.ShouldBe(["remove chrony"]);
        (await ApplyAsync(Package("chrony") with { Installed = false })).Result.ShouldBe(RunResult.Unchanged);
    }

    [Fact]
    public async Task Packages_are_left_as_they_are_when_nobody_describes_them_and_on_the_way_back()
    {
        await ApplyAsync(Package("chrony"), Package("nova-compute"));
        (await converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);
        await ApplyAsync();
        machine.Packages.Installed.Count.ShouldBe(2);
        machine.Packages.Calls.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Cancelling_ends_every_package()
    {
        using var end = new CancellationTokenSource();
        machine.Packages.Next = async () =>
        {
            await end.CancelAsync();
            end.Token.ThrowIfCancellationRequested();
        };
        await Should.ThrowAsync<OperationCanceledException>(() => ApplyAsync([Package("chrony"), Package("nova-compute")], end.Token));
    }

    private static PackageSpec Package(string name) => new() { Id = PackageSpec.IdOf(name), Name = name, Installed = true };

    private Task<Finished> ApplyAsync(params PackageSpec[] packages) => ApplyAsync(packages, default);

    /// <summary>Time passes only when everybody waits: all packages have come by then.</summary>
    private async Task<Finished> ApplyAsync(PackageSpec[] packages, CancellationToken ct)
    {
        var run = converger.ApplyAsync(HostState.Create("edge-1", packages), new ApplyOptions(), ct);
        while (!run.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(run, Task.Delay(1, CancellationToken.None));
        }

        return await run;
    }
}
