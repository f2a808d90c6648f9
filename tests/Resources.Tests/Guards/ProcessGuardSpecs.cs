using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Resources.Guards;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.Guards;

/// <summary>A shell script replaces this program: it records its arguments and its session, then waits.</summary>
public sealed class ProcessGuardSpecs : IAsyncDisposable
{
    private readonly TempDir _folder = new();
    private readonly ProcessGuard _guard;

    public ProcessGuardSpecs()
    {
        File.WriteAllText(_folder["cloudlet.sh"], $"echo \"$$ $(cut -d' ' -f6 /proc/$$/stat) $*\" >> {_folder["calls"]}\nexec sleep 300\n");
        _guard = new ProcessGuard(Command());
    }

    public async ValueTask DisposeAsync()
    {
        await _guard.DisarmAsync("any", default);
        _folder.Dispose();
    }

    [Fact]
    public async Task The_guard_is_a_process_in_its_own_session()
    {
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(1.5), default);
        var call = (await CallsAsync(1))[0].Split(' ', 3);
        call[0].ShouldBe(call[1]);
        call[2].ShouldBe($"guard --run abc --after 1.5 --state-dir {_folder["state"]} --run-dir {_folder["run"]}");
        File.ReadAllText($"/proc/{call[0]}/stat").ShouldContain("(sleep)", customMessage: "it waits");
        new FileInfo($"/proc/{call[0]}/fd/0").LinkTarget.ShouldBe("/dev/null");
    }

    [Fact]
    public async Task Arming_again_replaces_it_and_disarming_stops_it()
    {
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(30), default);
        var pids = (await CallsAsync(1)).Select(c => int.Parse(c.Split(' ')[0])).ToList();

        // The first one may have been stopped before it could write.
        var last = pids[^1];
        await GoneAsync(pids.Where(p => p != last));
        await _guard.DisarmAsync("abc", default);
        await GoneAsync([last]);
        File.Exists(_folder["run/guard.json"]).ShouldBeFalse();
        await _guard.DisarmAsync("abc", default);
    }

    [Fact]
    public async Task Another_process_with_the_same_id_is_left_alone()
    {
        await _guard.ArmAsync("abc", TimeSpan.FromSeconds(60), default);
        var pid = int.Parse((await CallsAsync(1))[0].Split(' ')[0]);
        var record = await File.ReadAllTextAsync(_folder["run/guard.json"]);
        var identity = ProcessIdentity.Find(pid)!;
        await File.WriteAllTextAsync(_folder["run/guard.json"], record.Replace($"{identity.StartTicks}", $"{identity.StartTicks + 1}"));
        await _guard.DisarmAsync("abc", default);
        identity.IsAlive.ShouldBeTrue();
        DetachedProcess.End(identity);
        await GoneAsync([pid]);
    }

    [Fact]
    public async Task A_missing_program_is_an_error()
    {
        var missing = new ProcessGuard(new GuardCommand("/nonexistent/cloudlet", [], Command().Paths));
        (await Should.ThrowAsync<CloudletException>(() => missing.ArmAsync("abc", TimeSpan.FromSeconds(1), default))).Kind.ShouldBe(
            ErrorKind.NotFound
        );
    }

    [Fact]
    public async Task The_loop_waits_retries_while_busy_and_ends_when_there_is_nothing_to_do()
    {
        var clock = new ManualClock();
        var (began, tries) = (clock.GetUtcNow(), 0);
        (
            await GuardLoop.RunAsync(
                TimeSpan.FromSeconds(60),
                _ => ++tries < 4 ? throw new CloudletException(ErrorKind.Busy, "locked") : Task.CompletedTask,
                clock,
                default
            )
        ).ShouldBeTrue();
        tries.ShouldBe(4);
        (clock.GetUtcNow() - began).ShouldBe(TimeSpan.FromSeconds(63));
        (
            await GuardLoop.RunAsync(TimeSpan.Zero, _ => throw new CloudletException(ErrorKind.NotFound, "confirmed"), clock, default)
        ).ShouldBeFalse();
        await Should.ThrowAsync<CloudletException>(() =>
            GuardLoop.RunAsync(TimeSpan.Zero, _ => throw new CloudletException(ErrorKind.ReadOnly, "x"), clock, default)
        );
    }

    private static async Task GoneAsync(IEnumerable<int> pids)
    {
        foreach (var pid in pids)
        {
            for (var i = 0; i < 500 && ProcessIdentity.Find(pid) is not null; i++)
                await Task.Delay(10);
            ProcessIdentity.Find(pid).ShouldBeNull();
        }
    }

    private GuardCommand Command() => new("/bin/sh", [_folder["cloudlet.sh"]], new StatePaths(_folder["state"], _folder["run"]));

    /// <summary>Also waits until the shell has become the waiting program.</summary>
    private async Task<string[]> CallsAsync(int count)
    {
        for (var i = 0; i < 1000; i++)
        {
            var calls = File.Exists(_folder["calls"]) ? await File.ReadAllLinesAsync(_folder["calls"]) : [];
            if (calls.Length >= count && LockHolder.CommandOf(int.Parse(calls[^1].Split(' ')[0])) == "sleep 300")
                return calls;
            await Task.Delay(10);
        }

        throw new TimeoutException("the guard process did not start");
    }
}
