using System.Diagnostics;
using CliWrap.Exceptions;
using CliWrap.Internal;

namespace CliWrap;

public partial class Command
{
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Starts the process; cancelling kills its whole tree.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">
    /// At the call: the executable or the directory is missing or may not be used.
    /// </exception>
    /// <exception cref="OperationCanceledException">When awaited: the token was cancelled. It carries that token.</exception>
    /// <exception cref="CommandExecutionException">When awaited: the exit code did not pass validation.</exception>
    public CommandTask<CommandResult> ExecuteAsync(CancellationToken cancellationToken = default) =>
        ExecuteAsync(cancellationToken, CancellationToken.None);

    /// <summary>
    /// Starts the process. The graceful token sends it SIGINT and waits, however long it takes; the forceful token kills its whole tree.
    /// </summary>
    /// <inheritdoc cref="ExecuteAsync(CancellationToken)" path="/exception"/>
    public CommandTask<CommandResult> ExecuteAsync(
        CancellationToken forcefulCancellationToken,
        CancellationToken gracefulCancellationToken)
    {
        var child = ChildProcess.Start(CreateStartInfo());
        // The id is read first: a short process may be over, and its handle disposed, when RunAsync returns.
        var processId = child.Id;
        return new CommandTask<CommandResult>(RunAsync(child, forcefulCancellationToken, gracefulCancellationToken), processId);
    }

    private ProcessStartInfo CreateStartInfo()
    {
        var startInfo = new ProcessStartInfo
        {
            FileName = TargetFilePath,
            Arguments = Arguments,
            WorkingDirectory = WorkingDirPath,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in EnvironmentVariables)
        {
            if (value is null)
                startInfo.Environment.Remove(name);
            else
                startInfo.Environment[name] = value;
        }
        return startInfo;
    }

    private async Task<CommandResult> RunAsync(ChildProcess child, CancellationToken forceful, CancellationToken graceful)
    {
        using (child)
        {
            await WaitForChildAndPipesAsync(child, forceful, graceful);
            ThrowIfCancelled(child, "killed", forceful);
            ThrowIfCancelled(child, "interrupted", graceful);
            if (child.ExitCode != 0 && Validation.HasFlag(CommandResultValidation.ZeroExitCode))
                throw ValidationFailure(child);
            return new CommandResult(child.ExitCode, child.StartTime, child.ExitTime);
        }
    }

    private async Task WaitForChildAndPipesAsync(ChildProcess child, CancellationToken forceful, CancellationToken graceful)
    {
        using var giveUp = new CancellationTokenSource();
        using var inputNotNeeded = CancellationTokenSource.CreateLinkedTokenSource(forceful);
        await using var kill = forceful.Register(() =>
        {
            giveUp.CancelAfter(KillTimeout);
            child.Kill();
        });
        await using var interrupt = graceful.Register(child.Interrupt);

        var pipes = Task.WhenAll(
            FeedInputAsync(child, inputNotNeeded.Token),
            DrainAsync(child.StandardOutput, StandardOutputPipe, forceful),
            DrainAsync(child.StandardError, StandardErrorPipe, forceful));
        try
        {
            await child.WaitForExitAsync(giveUp.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"Process {child} was killed but is still there after {KillTimeout.TotalSeconds:0} s.", e);
        }

        await inputNotNeeded.CancelAsync();
        try
        {
            await pipes;
        }
        catch (OperationCanceledException) when (forceful.IsCancellationRequested)
        {
            // The caller gets the exception that names the process, see ThrowIfCancelled.
        }
    }

    private async Task FeedInputAsync(ChildProcess child, CancellationToken notNeeded)
    {
        await using var input = child.StandardInput;
        try
        {
            // WaitAsync: a source that does not listen to its token must not outlive the process it feeds.
            await StandardInputPipe.CopyToAsync(input, notNeeded).WaitAsync(notNeeded);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException))
        {
            // Broken pipe: the process ended or closed its input without reading all of it, which is its right.
            // Derived types (FileNotFoundException and so on) come from the source and are errors.
        }
        catch (OperationCanceledException) when (notNeeded.IsCancellationRequested)
        {
            // The process has ended or was killed; the latter is reported by ThrowIfCancelled.
        }
    }

    private static async Task DrainAsync(Stream output, PipeTarget target, CancellationToken cancellationToken)
    {
        await using (output)
            await target.CopyFromAsync(output, cancellationToken);
    }

    private static void ThrowIfCancelled(ChildProcess child, string fate, CancellationToken token)
    {
        if (token.IsCancellationRequested)
            throw new OperationCanceledException($"Command cancelled: process {child} was {fate}.", token);
    }

    private CommandExecutionException ValidationFailure(ChildProcess child) =>
        new(this, child.ExitCode, $"""
            Process {child} returned exit code {child.ExitCode}, expected 0.

            Command:
            {TargetFilePath} {Arguments}

            To accept any exit code, use WithValidation(CommandResultValidation.None).
            """);
}
