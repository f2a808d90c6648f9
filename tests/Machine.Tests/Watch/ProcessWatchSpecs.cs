using System.Diagnostics;
using Cloudlet.Machine.Watch;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Machine.Tests.Watch;

public sealed class ProcessWatchSpecs : IDisposable
{
    private const nint NoSuchSystemCall = 9999;

    private readonly WatchLog _log = new();
    private readonly List<Process> _processes = [];

    [Fact]
    public async Task The_end_of_a_main_process_is_reported_with_its_unit()
    {
        using var watch = new ProcessWatch(_log.Take, TimeProvider.System);
        var (first, second) = (Sleep(), Sleep());
        watch.Watch(
            new Dictionary<string, int>
            {
                ["a.service"] = first.Id,
                ["b.service"] = second.Id,
                ["none.service"] = 0,
            }
        );
        second.Kill();
        (await _log.NextAsync<UnitTouched>()).Unit.ShouldBe("b.service");

        first.Kill();
        (await _log.NextAsync<UnitTouched>()).Unit.ShouldBe("a.service");
    }

    [Fact]
    public async Task A_process_that_has_already_exited_is_reported_once()
    {
        using var watch = new ProcessWatch(_log.Take, TimeProvider.System);
        var gone = Sleep();
        var alive = Sleep();
        gone.Kill();
        await gone.WaitForExitAsync();
        for (var i = 0; i < 3; i++)
            watch.Watch(new Dictionary<string, int> { ["gone.service"] = gone.Id });
        await _log.NextUnitAsync("gone.service");

        watch.Watch(new Dictionary<string, int> { ["gone.service"] = gone.Id, ["a.service"] = alive.Id });
        alive.Kill();

        (await _log.NextAsync<UnitTouched>()).Unit.ShouldBe("a.service");
    }

    [Fact]
    public async Task A_process_that_is_not_reaped_is_reported_once_too()
    {
        using var watch = new ProcessWatch(_log.Take, TimeProvider.System);
        // The child of the shell exits, and the program that replaces the shell never waits for it.
        var parent = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "true & echo $!; exec sleep 600"])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        _processes.Add(parent);
        var zombie = int.Parse((await parent.StandardOutput.ReadLineAsync())!);
        var alive = Sleep();
        watch.Watch(new Dictionary<string, int> { ["z.service"] = zombie });
        await _log.NextUnitAsync("z.service");

        watch.Watch(new Dictionary<string, int> { ["z.service"] = zombie, ["a.service"] = alive.Id });
        alive.Kill();

        (await _log.NextAsync<UnitTouched>()).Unit.ShouldBe("a.service");
    }

    [Fact]
    public async Task Only_the_last_set_is_watched()
    {
        using var watch = new ProcessWatch(_log.Take, TimeProvider.System);
        var (first, second, third) = (Sleep(), Sleep(), Sleep());
        watch.Watch(new Dictionary<string, int> { ["a.service"] = first.Id, ["b.service"] = second.Id });
        watch.Watch(new Dictionary<string, int> { ["b.service"] = third.Id });
        first.Kill();
        second.Kill();
        await first.WaitForExitAsync();
        await second.WaitForExitAsync();
        _log.TakeAll().ShouldBeEmpty();

        third.Kill();
        await _log.NextUnitAsync("b.service");
    }

    [Fact]
    public void A_kernel_without_pidfd_is_tolerated()
    {
        using (var watch = new ProcessWatch(_log.Take, TimeProvider.System, NoSuchSystemCall))
            watch.Watch(new Dictionary<string, int> { ["a.service"] = Environment.ProcessId });

        _log.TakeAll().ShouldBeEmpty();
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.Dispose();
        }
    }

    private Process Sleep()
    {
        var process = Process.Start("/bin/sleep", "600");
        _processes.Add(process);
        return process;
    }
}
