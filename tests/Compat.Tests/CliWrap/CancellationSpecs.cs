using System.Diagnostics;
using CliWrap;
using CliWrap.Buffered;

namespace Compat.Tests.CliWrap;

public class CancellationSpecs
{
    [Fact]
    public async Task The_graceful_token_interrupts_and_lets_the_process_finish()
    {
        using var forceful = new CancellationTokenSource();
        using var graceful = new CancellationTokenSource();
        var lines = new List<string>();
        var command = Dummy.Run("wait") | (line =>
        {
            lines.Add(line);
            if (line == "ready")
                graceful.Cancel();
        });

        var running = command.ExecuteAsync(forceful.Token, graceful.Token);
        var cancelled = await Should.ThrowAsync<OperationCanceledException>(running.Task);

        cancelled.CancellationToken.ShouldBe(graceful.Token);
        running.Task.IsCanceled.ShouldBeTrue();
        lines.ShouldBe(["ready", "interrupted"]);
        Exists(running.ProcessId).ShouldBeFalse();
    }

    [Fact]
    public async Task The_forceful_token_kills_a_process_that_ignores_the_interrupt()
    {
        using var forceful = new CancellationTokenSource();
        using var graceful = new CancellationTokenSource();
        var command = Dummy.Run("ignore-interrupt") | (line => (line == "ready" ? graceful : forceful).Cancel());

        var running = command.ExecuteAsync(forceful.Token, graceful.Token);
        var cancelled = await Should.ThrowAsync<OperationCanceledException>(running.Task);

        cancelled.CancellationToken.ShouldBe(forceful.Token);
        Exists(running.ProcessId).ShouldBeFalse();
    }

    [Fact]
    public async Task The_forceful_token_kills_the_whole_tree()
    {
        using var forceful = new CancellationTokenSource();
        using var graceful = new CancellationTokenSource();
        var grandchild = 0;
        // The grandchild inherits the output: its "ready" says that it has started and ignores interrupts.
        var command = Dummy.Run("parent") | (line =>
        {
            if (line.StartsWith("child ", StringComparison.Ordinal))
                grandchild = int.Parse(line["child ".Length..]);
            if (line != "ready")
                return;
            graceful.Cancel();
            Exists(grandchild).ShouldBeTrue();
            forceful.Cancel();
        });

        var running = command.ExecuteAsync(forceful.Token, graceful.Token);
        await Should.ThrowAsync<OperationCanceledException>(running.Task);

        Exists(running.ProcessId).ShouldBeFalse();
        await EndsAsync(grandchild);
    }

    [Fact]
    public async Task The_only_token_of_the_short_overloads_is_forceful()
    {
        using var source = new CancellationTokenSource();
        var command = Dummy.Run("ignore-interrupt") | (_ => source.Cancel());

        var running = command.ExecuteBufferedAsync(source.Token);
        var cancelled = await Should.ThrowAsync<OperationCanceledException>(running.Task);

        cancelled.CancellationToken.ShouldBe(source.Token);
        running.Task.IsCanceled.ShouldBeTrue();
        Exists(running.ProcessId).ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_cancelled_before_the_start_leaves_no_process_behind()
    {
        var running = Dummy.Run("ignore-interrupt").ExecuteAsync(new CancellationToken(canceled: true));

        await Should.ThrowAsync<OperationCanceledException>(running.Task);

        Exists(running.ProcessId).ShouldBeFalse();
    }

    [Fact]
    public async Task Cancelling_ends_every_command_of_a_pipeline()
    {
        using var source = new CancellationTokenSource();
        var first = Cli.Wrap("sh").WithArguments(["-c", "echo $$; exec sleep 1000"]);
        var firstId = 0;
        var pipeline = first | Dummy.Run("copy-input", "output") | (line =>
        {
            firstId = int.Parse(line);
            source.Cancel();
        });

        await Should.ThrowAsync<OperationCanceledException>(pipeline.ExecuteAsync(source.Token).Task);

        firstId.ShouldBeGreaterThan(0);
        await EndsAsync(firstId);
    }

    [Fact]
    public async Task Cancelling_does_not_wait_for_an_orphan_that_holds_the_output()
    {
        using var source = new CancellationTokenSource();
        var orphan = new TaskCompletionSource<int>();
        var command = Cli.Wrap("sh").WithArguments(["-c", "sleep 1000 & echo $!"]) | (line => orphan.SetResult(int.Parse(line)));

        var running = command.ExecuteAsync(source.Token);
        using var sleep = Process.GetProcessById(await orphan.Task);
        try
        {
            await EndsAsync(running.ProcessId);
            running.Task.IsCompleted.ShouldBeFalse();
            await source.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(running.Task.WaitAsync(TimeSpan.FromSeconds(30)));
        }
        finally
        {
            sleep.Kill();
        }
    }

    private static bool Exists(int processId) => Directory.Exists($"/proc/{processId}");

    /// <summary>Waits for the end of a process that somebody else reaps, which may be an init that reaps late.</summary>
    private static async Task EndsAsync(int processId)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Exists(processId) && !IsZombie(processId))
            await Task.Delay(10, bound.Token);
    }

    private static bool IsZombie(int processId)
    {
        try
        {
            // "pid (name) state …", and the name may hold anything.
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')')..].StartsWith(") Z", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
