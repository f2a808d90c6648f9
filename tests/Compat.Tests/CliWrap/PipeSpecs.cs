using System.Text;
using CliWrap;
using CliWrap.Buffered;
using CliWrap.Exceptions;

namespace Compat.Tests.CliWrap;

public sealed class PipeSpecs : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cliwrap-specs-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Input_comes_from_a_string_bytes_a_stream_a_file_or_a_delegate()
    {
        const string Text = "grüße\n";
        var file = Path.Combine(_directory, "input");
        await File.WriteAllTextAsync(file, Text);
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(Text));
        PipeSource[] sources =
        [
            PipeSource.FromString(Text),
            PipeSource.FromString(Text, Encoding.UTF8),
            PipeSource.FromBytes(Encoding.UTF8.GetBytes(Text)),
            PipeSource.FromStream(stream),
            PipeSource.FromFile(file),
            PipeSource.Create(destination => destination.Write(Encoding.UTF8.GetBytes(Text))),
            PipeSource.Create(async (destination, token) => await destination.WriteAsync(Encoding.UTF8.GetBytes(Text), token)),
            PipeSource.FromCommand(Dummy.Run("echo", Text)),
        ];

        foreach (var source in sources)
            (await (source | Dummy.Run("copy-input", "output")).ExecuteBufferedAsync()).StandardOutput.ShouldBe(Text);
    }

    [Fact]
    public async Task Without_a_source_the_input_is_at_its_end()
    {
        (await Dummy.Run("copy-input", "output").ExecuteBufferedAsync()).StandardOutput.ShouldBe("");
    }

    [Fact]
    public async Task Output_goes_to_a_string_builder_a_stream_a_file_lines_or_a_delegate()
    {
        var builder = new StringBuilder();
        using var stream = new MemoryStream();
        using var copied = new MemoryStream();
        var file = Path.Combine(_directory, "output");
        var lines = new List<string>();
        var linesOfTask = new List<string>();
        var target = PipeTarget.Merge(
            PipeTarget.ToStringBuilder(builder),
            PipeTarget.ToStream(stream),
            PipeTarget.ToFile(file),
            PipeTarget.ToDelegate(lines.Add),
            PipeTarget.ToDelegate(async line =>
            {
                await Task.Yield();
                linesOfTask.Add(line);
            }),
            PipeTarget.Create((origin, token) => origin.CopyToAsync(copied, token)));

        await (Dummy.Run("echo", "één\n\nthree\r\nfour") | target).ExecuteAsync();

        builder.ToString().ShouldBe("één\n\nthree\r\nfour");
        Encoding.UTF8.GetString(stream.ToArray()).ShouldBe(builder.ToString());
        Encoding.UTF8.GetString(copied.ToArray()).ShouldBe(builder.ToString());
        (await File.ReadAllTextAsync(file)).ShouldBe(builder.ToString());
        lines.ShouldBe(["één", "", "three", "four"]);
        linesOfTask.ShouldBe(lines);
    }

    [Fact]
    public async Task Standard_error_has_its_own_target()
    {
        var output = new StringBuilder();
        var error = new StringBuilder();

        await ("text" | Dummy.Run("copy-input", "error") | (output, error)).ExecuteAsync();

        output.ToString().ShouldBe("");
        error.ToString().ShouldBe("text");
    }

    [Fact]
    public async Task Buffered_execution_leaves_the_pipes_of_the_command_in_place()
    {
        var lines = new List<string>();

        var result = await (Dummy.Run("echo", "a\nb") | lines.Add).ExecuteBufferedAsync();

        lines.ShouldBe(["a", "b"]);
        result.StandardOutput.ShouldBe("a\nb");
    }

    [Fact]
    public async Task Commands_form_a_pipeline()
    {
        var result = await (Dummy.Run("echo", "through") | Dummy.Run("copy-input", "output") | Dummy.Run("copy-input", "error"))
            .ExecuteBufferedAsync();

        result.StandardError.ShouldBe("through");
    }

    [Fact]
    public async Task A_failure_upstream_fails_the_pipeline()
    {
        var pipeline = Dummy.Run("exit", "3") | Dummy.Run("copy-input", "output");

        var failure = await Should.ThrowAsync<CommandExecutionException>(() => pipeline.ExecuteAsync().Task);

        failure.ExitCode.ShouldBe(3);
        failure.Command.Arguments.ShouldBe("exit 3");
    }

    [Fact]
    public async Task Large_output_and_error_at_the_same_time_do_not_block_each_other()
    {
        const int Size = 16 * 1024 * 1024;

        var result = await Dummy.Run("flood", $"{Size}").ExecuteBufferedAsync();

        result.StandardOutput.Length.ShouldBe(Size);
        result.StandardError.Length.ShouldBe(Size);
    }

    [Fact]
    public async Task A_process_may_end_without_reading_its_input()
    {
        var input = PipeSource.FromBytes(new byte[8 * 1024 * 1024]);

        var result = await (input | Dummy.Run("echo", "done")).ExecuteBufferedAsync();

        result.StandardOutput.ShouldBe("done");
    }

    [Fact]
    public async Task A_process_may_close_its_input_and_go_on()
    {
        var closed = new TaskCompletionSource();
        var written = Path.Combine(_directory, "written");
        var source = PipeSource.Create(async (destination, token) =>
        {
            await closed.Task;
            try
            {
                await destination.WriteAsync(new byte[1], token);
            }
            finally
            {
                await File.WriteAllTextAsync(written, "", CancellationToken.None);
            }
        });
        var process = Cli.Wrap("sh").WithArguments(["-c", "exec 0<&-; echo closed; until [ -e \"$0\" ]; do sleep 0.02; done", written]);

        var result = await (source | process | (_ => closed.SetResult())).ExecuteAsync();

        result.ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_source_that_never_ends_does_not_outlive_the_process()
    {
        var endless = PipeSource.Create((_, _) => new TaskCompletionSource().Task);

        var result = await (endless | Dummy.Run("echo", "done")).ExecuteBufferedAsync();

        result.StandardOutput.ShouldBe("done");
    }

    [Fact]
    public async Task A_failing_source_is_reported_after_the_process_has_ended()
    {
        var running = (PipeSource.FromFile(Path.Combine(_directory, "missing")) | Dummy.Run("copy-input", "output")).ExecuteAsync();

        await Should.ThrowAsync<FileNotFoundException>(running.Task);
        Directory.Exists($"/proc/{running.ProcessId}").ShouldBeFalse();
    }

    [Fact]
    public async Task A_failing_target_is_reported_after_the_process_has_ended()
    {
        var target = PipeTarget.Merge(
            PipeTarget.ToDelegate(_ => throw new NotSupportedException("no such line")),
            PipeTarget.ToStream(Stream.Null));

        var running = (Dummy.Run("flood", "5000000") | (target, PipeTarget.ToStream(Stream.Null)))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync();
        var endless = (Cli.Wrap("yes") | target).WithValidation(CommandResultValidation.None).ExecuteAsync();

        (await Should.ThrowAsync<NotSupportedException>(running.Task)).Message.ShouldBe("no such line");
        (await Should.ThrowAsync<NotSupportedException>(endless.Task)).Message.ShouldBe("no such line");
        Directory.Exists($"/proc/{running.ProcessId}").ShouldBeFalse();
        Directory.Exists($"/proc/{endless.ProcessId}").ShouldBeFalse();
    }

    [Fact]
    public async Task A_target_that_stops_early_does_not_hold_up_the_others()
    {
        using var whole = new MemoryStream();
        var target = PipeTarget.Merge(PipeTarget.Create((_, _) => Task.CompletedTask), PipeTarget.ToStream(whole));

        await (Dummy.Run("flood", "1000000") | (target, PipeTarget.ToStream(Stream.Null))).ExecuteAsync();

        whole.Length.ShouldBe(1_000_000);
    }

    [Fact]
    public async Task The_null_target_closes_the_stream_of_the_process()
    {
        const int EndedBySigpipe = 128 + 13;
        const int ReportedEpipe = 1;

        var result = await Cli.Wrap("yes").WithValidation(CommandResultValidation.None).ExecuteAsync();

        // Which of the two depends on whether whoever started the tests ignores SIGPIPE: children inherit that.
        result.ExitCode.ShouldBeOneOf(EndedBySigpipe, ReportedEpipe);
    }

    [Fact]
    public void Merging_leaves_out_null_targets()
    {
        var target = PipeTarget.ToStream(Stream.Null);

        PipeTarget.Merge().ShouldBe(PipeTarget.Null);
        PipeTarget.Merge(PipeTarget.Null, target).ShouldBe(target);
    }
}
