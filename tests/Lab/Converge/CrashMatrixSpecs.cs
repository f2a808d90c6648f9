using Cloudlet.Lab.Hosts;
using Cloudlet.TestKit;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>
/// An apply on a host is killed at each of its writes, and then the same apply is run again. A point is a system call and its count in one
/// thread, which is how strace counts. By default a sample; <c>CLOUDLET_CRASH_ALL=1</c> runs all.
/// </summary>
[Collection(nameof(NetworkdLab))]
public sealed class CrashMatrixSpecs(NetworkdConverge site) : IDisposable
{
    private const int Sample = 12;
    private const string Program = "/root/cloudlet";
    private static readonly string[] Writes =
    [
        "rename",
        "renameat2",
        "fsync",
        "unlink",
        "symlink",
        "mkdir",
        "chmod",
        "fchmod",
        "sendto",
        "sendmsg",
    ];

    private readonly TempDir _folder = new();

    private static async Task<bool> TracesAsync()
    {
        try
        {
            return (await CloudletProgram.RunAnyAsync("strace", ["-o", "/dev/null", "true"])).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [Fact]
    public async Task After_a_kill_at_any_write_the_next_apply_reaches_the_same_state()
    {
        Assert.SkipUnless(await TracesAsync(), "needs a working strace: apt-get install strace; a container may forbid ptrace");
        await site.ConvergeAsync();
        await site.Host.OutputOfAsync("sh", "-c", $"cp \"$(ls -t /var/lib/cloudlet/agent/*/cloudlet | head -1)\" {Program}");
        var states = new[] { await CompileAsync("/root/a.json"), await CompileAsync("/root/b.json", Other) };
        var points = await PointsAsync(states[1]);
        var (next, killed) = (0, 0);
        foreach (var point in Sampled(points))
        {
            var state = states[next++ % 2];
            var crash = await StraceAsync(
                ["-e", $"trace={point.Call}", "-e", $"inject={point.Call}:signal=SIGKILL:when={point.Times}"],
                state
            );
            if (crash.ExitCode != 0)
                killed++;

            var where = $"killed at {point.Call} number {point.Times}, on the way to {state}";
            (await InHostAsync("apply", state)).ShouldExitWith(0);
            (await InHostAsync("verify", state)).Drift.ShouldBeEmpty(where);
            (await AppliedAsync()).ShouldBe(
                (await InHostAsync("plan", state)).Named("planned")[0].GetProperty("digest").GetString(),
                where
            );
            (await site.TemporaryFilesAsync()).ShouldBeEmpty(where);
        }

        // Threads share the work differently each time, so a point may not be reached; most are.
        killed.ShouldBeGreaterThan(next / 2, $"of {next} points");
        await site.ConvergeAsync();
    }

    public void Dispose() => _folder.Dispose();

    private const string Other = """
        files:
          /etc/motd: {content: other, mode: "0600"}
          /etc/cloudlet/site: ~
          /etc/cloudlet/more: {content: more}
          /etc/cloudlet/current.conf: {symlink: more}
        links:
          cloudlet0: {mtu: 1300, addresses: [10.80.0.2/24], routes: []}
          extra2: {kind: bridge, addresses: [10.84.0.1/24]}
        values: {region: south}
        """;

    private async Task<string> CompileAsync(string path, params IReadOnlyList<string> overlays)
    {
        (
            await CloudletProgram.RunAsync(["compile", .. await site.BaseAsync(), .. overlays.Select(site.Write), "--output", _folder.Path])
        ).ShouldExitWith(0);
        await site.Host.WriteFileAsync(path, await File.ReadAllTextAsync(Directory.GetFiles(_folder.Path).ShouldHaveSingleItem()));
        return path;
    }

    /// <summary>Every write of an undisturbed run; afterwards, the host is in the first state again.</summary>
    private async Task<IReadOnlyList<(string Call, int Times)>> PointsAsync(string state)
    {
        (await StraceAsync(["-o", _folder["trace"], "-e", $"trace={string.Join(',', Writes)}"], state)).ShouldExitWith(0);
        var most = new Dictionary<string, int>();
        var calls = File.ReadLines(_folder["trace"])
            .Select(l => l.Split([' ', '('], 3, StringSplitOptions.RemoveEmptyEntries))
            .Where(w => w.Length > 1 && Writes.Contains(w[1]));
        foreach (var thread in calls.GroupBy(w => (Thread: w[0], Call: w[1])))
            most[thread.Key.Call] = Math.Max(most.GetValueOrDefault(thread.Key.Call), thread.Count());
        await site.ConvergeAsync();
        most.ShouldContainKey("fsync");
        return [.. most.OrderBy(m => m.Key, StringComparer.Ordinal).SelectMany(m => Enumerable.Range(1, m.Value).Select(n => (m.Key, n)))];
    }

    private static IEnumerable<(string Call, int Times)> Sampled(IReadOnlyList<(string Call, int Times)> points)
    {
        if (Environment.GetEnvironmentVariable("CLOUDLET_CRASH_ALL") == "1" || points.Count <= Sample)
            return points;
        return Enumerable.Range(0, Sample).Select(i => points[i * points.Count / Sample]);
    }

    private async Task<ProgramRun> StraceAsync(IReadOnlyList<string> options, string state)
    {
        var leader = Container.Leader(new HostRecords(site.Host.Store).Get(site.Host.Name).Supervisor!)!;
        return await CloudletProgram.RunAnyAsync(
            "strace",
            [
                "-f",
                "-qq",
                .. options.Contains("-o") ? options : ["-o", "/dev/null", .. options],
                "nsenter",
                .. Container.EnterArguments(leader.Pid, [Program, "apply", "--state", state, "--json"], terminal: null),
            ]
        );
    }

    private async Task<ProgramRun> InHostAsync(string verb, string state)
    {
        var result = await site.Host.ExecAsync(Program, verb, "--state", state, "--json");
        return new ProgramRun(result.ExitCode, result.Output, result.Error);
    }

    private async Task<string?> AppliedAsync()
    {
        var result = await site.Host.ExecAsync(Program, "status", "--json");
        return new ProgramRun(result.ExitCode, result.Output, result.Error).Named("state-reported")[0].GetProperty("applied").GetString();
    }
}
