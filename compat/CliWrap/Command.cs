using CliWrap.Builders;

namespace CliWrap;

/// <summary>Immutable description of a process to run; every <c>With…</c> method returns a changed copy.</summary>
public partial class Command : ICommandConfiguration
{
    /// <summary>A command without arguments that inherits directory and environment, has no pipes and must exit with zero.</summary>
    public Command(string targetFilePath) => TargetFilePath = targetFilePath;

    private Command(Command original)
    {
        TargetFilePath = original.TargetFilePath;
        Arguments = original.Arguments;
        WorkingDirPath = original.WorkingDirPath;
        EnvironmentVariables = original.EnvironmentVariables;
        Validation = original.Validation;
        StandardInputPipe = original.StandardInputPipe;
        StandardOutputPipe = original.StandardOutputPipe;
        StandardErrorPipe = original.StandardErrorPipe;
    }

    /// <inheritdoc />
    public string TargetFilePath { get; private init; }

    /// <inheritdoc />
    public string Arguments { get; private init; } = "";

    /// <inheritdoc />
    public string WorkingDirPath { get; private init; } = Directory.GetCurrentDirectory();

    /// <inheritdoc />
    public IReadOnlyDictionary<string, string?> EnvironmentVariables { get; private init; } = new Dictionary<string, string?>();

    /// <inheritdoc />
    public CommandResultValidation Validation { get; private init; } = CommandResultValidation.ZeroExitCode;

    /// <inheritdoc />
    public PipeSource StandardInputPipe { get; private init; } = PipeSource.Null;

    /// <inheritdoc />
    public PipeTarget StandardOutputPipe { get; private init; } = PipeTarget.Null;

    /// <inheritdoc />
    public PipeTarget StandardErrorPipe { get; private init; } = PipeTarget.Null;

    /// <summary>Runs another executable.</summary>
    public Command WithTargetFile(string targetFilePath) => new(this) { TargetFilePath = targetFilePath };

    /// <summary>Takes a finished argument line; the caller has escaped it.</summary>
    public Command WithArguments(string arguments) => new(this) { Arguments = arguments };

    /// <summary>Passes the arguments; without <paramref name="escape"/> they are joined by spaces as they are.</summary>
    public Command WithArguments(IEnumerable<string> arguments, bool escape) =>
        WithArguments(builder => builder.Add(arguments, escape));

    /// <summary>Passes the arguments so that each arrives unchanged.</summary>
    public Command WithArguments(IEnumerable<string> arguments) => WithArguments(arguments, escape: true);

    /// <summary>Passes the arguments that <paramref name="configure"/> adds.</summary>
    public Command WithArguments(Action<ArgumentsBuilder> configure)
    {
        var builder = new ArgumentsBuilder();
        configure(builder);
        return WithArguments(builder.Build());
    }

    /// <summary>Sets the working directory.</summary>
    public Command WithWorkingDirectory(string workingDirPath) => new(this) { WorkingDirPath = workingDirPath };

    /// <summary>Sets the changes to the inherited environment; a null value removes the variable.</summary>
    public Command WithEnvironmentVariables(IReadOnlyDictionary<string, string?> environmentVariables) =>
        new(this) { EnvironmentVariables = environmentVariables };

    /// <summary>Sets the changes to the inherited environment that <paramref name="configure"/> makes.</summary>
    public Command WithEnvironmentVariables(Action<EnvironmentVariablesBuilder> configure)
    {
        var builder = new EnvironmentVariablesBuilder();
        configure(builder);
        return WithEnvironmentVariables(builder.Build());
    }

    /// <summary>Sets the checks made on the outcome.</summary>
    public Command WithValidation(CommandResultValidation validation) => new(this) { Validation = validation };

    /// <summary>Sets what the process reads from its standard input.</summary>
    public Command WithStandardInputPipe(PipeSource source) => new(this) { StandardInputPipe = source };

    /// <summary>Sets where the standard output goes.</summary>
    public Command WithStandardOutputPipe(PipeTarget target) => new(this) { StandardOutputPipe = target };

    /// <summary>Sets where the standard error goes.</summary>
    public Command WithStandardErrorPipe(PipeTarget target) => new(this) { StandardErrorPipe = target };

    /// <summary>Executable and argument line.</summary>
    public override string ToString() => $"{TargetFilePath} {Arguments}";
}
