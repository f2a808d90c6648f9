namespace CliWrap;

/// <summary>Everything that says how a process is to be run.</summary>
public interface ICommandConfiguration
{
    /// <summary>Path or bare name of the executable.</summary>
    string TargetFilePath { get; }

    /// <summary>The arguments as one line, escaped as <see cref="Builders.ArgumentsBuilder"/> describes. No shell reads it.</summary>
    string Arguments { get; }

    /// <summary>Working directory of the process.</summary>
    string WorkingDirPath { get; }

    /// <summary>Changes to the inherited environment; a null value removes the variable.</summary>
    IReadOnlyDictionary<string, string?> EnvironmentVariables { get; }

    /// <summary>Checks made on the outcome.</summary>
    CommandResultValidation Validation { get; }

    /// <summary>What the process reads from its standard input.</summary>
    PipeSource StandardInputPipe { get; }

    /// <summary>Where the standard output of the process goes.</summary>
    PipeTarget StandardOutputPipe { get; }

    /// <summary>Where the standard error of the process goes.</summary>
    PipeTarget StandardErrorPipe { get; }
}
