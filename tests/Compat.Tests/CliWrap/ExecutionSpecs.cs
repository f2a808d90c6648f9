using System.ComponentModel;
using System.Text;
using CliWrap;
using CliWrap.Buffered;
using CliWrap.Exceptions;

namespace Compat.Tests.CliWrap;

public class ExecutionSpecs
{
    [Fact]
    public async Task A_result_tells_exit_code_times_and_process()
    {
        var before = DateTimeOffset.Now;
        var running = Dummy.Run("exit", "0").ExecuteAsync();

        running.ProcessId.ShouldBeGreaterThan(0);
        var result = await running;

        result.ExitCode.ShouldBe(0);
        result.IsSuccess.ShouldBeTrue();
        result.StartTime.ShouldBeGreaterThanOrEqualTo(before);
        result.ExitTime.ShouldBeGreaterThan(result.StartTime);
        result.ExitTime.ShouldBeLessThanOrEqualTo(DateTimeOffset.Now);
        result.RunTime.ShouldBe(result.ExitTime - result.StartTime);
        Directory.Exists($"/proc/{running.ProcessId}").ShouldBeFalse();
    }

    [Fact]
    public async Task The_process_id_is_that_of_the_process()
    {
        var running = Cli.Wrap("sh").WithArguments(["-c", "echo $$"]).ExecuteBufferedAsync();

        (await running).StandardOutput.ShouldBe($"{running.ProcessId}\n");
    }

    [Fact]
    public async Task Buffered_execution_keeps_output_and_error_apart()
    {
        var output = await Dummy.Run("echo", "out").ExecuteBufferedAsync();
        var error = await Dummy.Run("echo-error", "err").ExecuteBufferedAsync(Encoding.UTF8);

        (output.StandardOutput, output.StandardError).ShouldBe(("out", ""));
        (error.StandardOutput, error.StandardError).ShouldBe(("", "err"));
    }

    [Fact]
    public async Task Output_is_decoded_with_the_given_encodings()
    {
        var latin = PipeSource.FromBytes([0xe9]);

        var output = await (latin | Dummy.Run("copy-input", "output")).ExecuteBufferedAsync(Encoding.Latin1, Encoding.UTF8);
        var error = await (latin | Dummy.Run("copy-input", "error")).ExecuteBufferedAsync(Encoding.UTF8, Encoding.Latin1);

        output.StandardOutput.ShouldBe("é");
        error.StandardError.ShouldBe("é");
    }

    [Fact]
    public async Task A_result_can_be_mapped()
    {
        var running = Dummy.Run("echo", "12").ExecuteBufferedAsync();
        var mapped = running.Select(result => int.Parse(result.StandardOutput));

        (await mapped).ShouldBe(12);
        mapped.ProcessId.ShouldBe(running.ProcessId);
    }

    [Fact]
    public async Task An_exit_code_other_than_zero_fails_with_target_arguments_and_code()
    {
        var command = Dummy.Run("exit", "7", "two words").WithStandardErrorPipe(PipeTarget.ToStream(Stream.Null));

        var failure = await Should.ThrowAsync<CommandExecutionException>(command.ExecuteAsync().Task);

        failure.ExitCode.ShouldBe(7);
        failure.Command.ShouldBe(command);
        failure.ShouldBeAssignableTo<CliWrapException>();
        failure.Message.ShouldContain("exit code");
        failure.Message.ShouldContain("7");
        failure.Message.ShouldContain($"{Dummy.FilePath} exit 7 \"two words\"");
        failure.Message.ShouldContain("WithValidation(CommandResultValidation.None)");
    }

    [Fact]
    public async Task A_failure_of_buffered_execution_also_tells_the_standard_error()
    {
        var failure = await Should.ThrowAsync<CommandExecutionException>(
            Dummy.Run("exit", "7", "disk on fire").ExecuteBufferedAsync().Task);

        failure.ExitCode.ShouldBe(7);
        failure.Message.ShouldContain("Standard error:\ndisk on fire");
        failure.InnerException.ShouldBeOfType<CommandExecutionException>().Message.ShouldContain($"{Dummy.FilePath} exit 7");
    }

    [Fact]
    public async Task Without_validation_any_exit_code_is_a_result()
    {
        var result = await Dummy.Run("exit", "7", "oops").WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();

        result.ExitCode.ShouldBe(7);
        result.IsSuccess.ShouldBeFalse();
        result.StandardError.ShouldBe("oops\n");
    }

    [Theory]
    [InlineData("no-such-program-anywhere", "/")]
    [InlineData("/etc/hostname", "/")]
    [InlineData("true", "/no/such/directory")]
    public void What_cannot_be_started_throws_at_the_call(string target, string directory)
    {
        var command = Cli.Wrap(target).WithWorkingDirectory(directory);

        var failure = Should.Throw<Win32Exception>(() => _ = command.ExecuteAsync());

        failure.Message.ShouldContain($"'{target}'");
        failure.InnerException.ShouldBeOfType<Win32Exception>();
    }
}
