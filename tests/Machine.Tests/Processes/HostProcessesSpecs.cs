using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Processes;

public sealed class HostProcessesSpecs
{
    private static readonly HelperProgram Shell = new("sh", "dash", "test");
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private readonly HostProcesses _processes = new(killDelay: TimeSpan.FromMilliseconds(200));

    [Fact]
    public async Task A_failure_of_the_program_is_a_result()
    {
        var result = await _processes.RunAsync(Shell, ["-c", "echo out; echo err >&2; exit 3"], Long, CancellationToken.None);

        result.ShouldBe(new ProcessResult(3, "out\n", "err\n"));
    }

    [Fact]
    public async Task Arguments_and_input_arrive_unchanged()
    {
        string[] arguments = ["", " a  b ", "\"quoted\"", "'", "\\", "$HOME", "ü\n"];

        var result = await _processes.RunAsync(
            Shell,
            ["-c", "printf '%s|' \"$@\"; cat", "sh", .. arguments],
            Long,
            CancellationToken.None,
            input: "späte Eingabe"
        );

        result.Output.ShouldBe(string.Join('|', arguments) + "|späte Eingabe");
    }

    [Fact]
    public async Task Programs_run_in_the_C_locale_with_the_given_variables()
    {
        var result = await _processes.RunAsync(
            Shell,
            ["-c", "echo $LC_ALL ${HOME-none} $EXTRA"],
            Long,
            CancellationToken.None,
            environment: new Dictionary<string, string?> { ["EXTRA"] = "more", ["HOME"] = null }
        );

        result.Output.ShouldBe("C none more\n");
    }

    [Fact]
    public async Task A_missing_program_is_named_with_its_package()
    {
        var error = await Should.ThrowAsync<CloudletException>(
            _processes.RunAsync(new HelperProgram("no-such-program", "its-package", "test"), [], Long, CancellationToken.None)
        );

        error.Kind.ShouldBe(ErrorKind.NotFound);
        error.Message.ShouldContain("apt-get install its-package");
    }

    [Fact]
    public async Task A_program_that_runs_too_long_is_interrupted()
    {
        using var dir = new TempDir();
        var error = await Should.ThrowAsync<CloudletException>(
            new HostProcesses(killDelay: Long).RunAsync(
                Shell,
                ["-c", $"trap 'echo interrupted >{dir["trace"]}; exit 0' INT; while :; do sleep 0.01; done"],
                TimeSpan.FromSeconds(3),
                CancellationToken.None
            )
        );

        error.Kind.ShouldBe(ErrorKind.Timeout);
        error.CanRetry.ShouldBeTrue();
        (await File.ReadAllTextAsync(dir["trace"])).ShouldBe("interrupted\n");
    }

    [Fact]
    public async Task A_program_that_ignores_the_interruption_is_killed_with_its_children()
    {
        using var dir = new TempDir();
        await Should.ThrowAsync<CloudletException>(
            _processes.RunAsync(
                Shell,
                ["-c", $"trap '' INT; sleep 600 & echo $! >{dir["child"]}; wait"],
                TimeSpan.FromMilliseconds(300),
                CancellationToken.None
            )
        );

        var child = int.Parse(await File.ReadAllTextAsync(dir["child"]));
        SpinWait.SpinUntil(() => IsGone(child), TimeSpan.FromSeconds(10)).ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_of_an_isolated_program_outlives_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: namespaces of processes and mounts");
        using var dir = new TempDir();
        var (mounted, trace) = (Directory.CreateDirectory(dir["mounted"]).FullName, dir["trace"]);
        var script = $"mount -t tmpfs none {mounted} && (while echo >>{trace}; do sleep 0.01; done) & trap '' INT; wait; sleep 600";

        var error = await Should.ThrowAsync<CloudletException>(
            _processes.RunAsync(Shell with { IsIsolated = true }, ["-c", script], TimeSpan.FromSeconds(2), CancellationToken.None)
        );

        error.Message.ShouldStartWith("sh -c ");
        (await File.ReadAllTextAsync("/proc/self/mountinfo")).ShouldNotContain(mounted);
        var written = new FileInfo(trace).Length;
        written.ShouldBeGreaterThan(0, "it is mounted, and the child runs");
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        new FileInfo(trace).Length.ShouldBe(written, "the child has ended");
    }

    [Fact]
    public async Task A_missing_program_is_named_although_it_would_be_isolated() =>
        (
            await Should.ThrowAsync<CloudletException>(
                _processes.RunAsync(
                    new HelperProgram("no-such-program", "its-package", "test") { IsIsolated = true },
                    [],
                    Long,
                    CancellationToken.None
                )
            )
        ).Message.ShouldContain("apt-get install its-package");

    [Fact]
    public async Task Cancelling_stops_the_program_and_is_reported_with_the_callers_token()
    {
        using var cancel = new CancellationTokenSource();
        var run = _processes.RunAsync(new HelperProgram("sleep", "coreutils", "test"), ["600"], Long, cancel.Token);
        await cancel.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(run)).CancellationToken.ShouldBe(cancel.Token);
    }

    /// <summary>A process that its parent has not waited for stays as a zombie.</summary>
    private static bool IsGone(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/stat").Contains(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
