using CliWrap;
using CliWrap.Buffered;

namespace Compat.Tests.CliWrap;

public class ConfigurationSpecs
{
    [Fact]
    public void A_command_is_immutable()
    {
        var original = Cli.Wrap("one");

        var changed = original
            .WithTargetFile("two")
            .WithArguments(["a"])
            .WithWorkingDirectory("/")
            .WithEnvironmentVariables(variables => variables.Set("A", "1"))
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.FromString("x"))
            .WithStandardOutputPipe(PipeTarget.ToStream(Stream.Null))
            .WithStandardErrorPipe(PipeTarget.ToStream(Stream.Null));

        changed.ToString().ShouldBe("two a");
        original.TargetFilePath.ShouldBe("one");
        original.Arguments.ShouldBe("");
        original.WorkingDirPath.ShouldBe(Directory.GetCurrentDirectory());
        original.EnvironmentVariables.ShouldBeEmpty();
        original.Validation.ShouldBe(CommandResultValidation.ZeroExitCode);
        original.StandardInputPipe.ShouldBe(PipeSource.Null);
        original.StandardOutputPipe.ShouldBe(PipeTarget.Null);
        original.StandardErrorPipe.ShouldBe(PipeTarget.Null);
    }

    [Fact]
    public async Task A_process_runs_in_the_given_directory()
    {
        var result = await Dummy.Run("directory").WithWorkingDirectory("/usr").ExecuteBufferedAsync();

        result.StandardOutput.ShouldBe("/usr");
    }

    [Fact]
    public async Task Environment_variables_are_inherited_set_and_removed()
    {
        Environment.GetEnvironmentVariable("PATH").ShouldNotBeNull();

        var inherited = await Dummy.Run("environment", "PATH").ExecuteBufferedAsync();
        var changed = await Dummy.Run("environment", "PATH", "ADDED", "EMPTY")
            .WithEnvironmentVariables(variables => variables.Set("PATH", null).Set("ADDED", "a b=c").Set("EMPTY", ""))
            .ExecuteBufferedAsync();

        inherited.StandardOutput.ShouldBe($"PATH={Environment.GetEnvironmentVariable("PATH")}\n");
        changed.StandardOutput.ShouldBe("PATH is not set\nADDED=a b=c\nEMPTY=\n");
    }

    [Fact]
    public async Task Environment_variables_can_come_from_a_dictionary()
    {
        var variables = new Dictionary<string, string?> { ["ADDED"] = "yes" };

        var whole = await Dummy.Run("environment", "ADDED").WithEnvironmentVariables(variables).ExecuteBufferedAsync();
        var built = await Dummy.Run("environment", "ADDED").WithEnvironmentVariables(v => v.Set(variables)).ExecuteBufferedAsync();

        whole.StandardOutput.ShouldBe("ADDED=yes\n");
        built.StandardOutput.ShouldBe("ADDED=yes\n");
    }
}
