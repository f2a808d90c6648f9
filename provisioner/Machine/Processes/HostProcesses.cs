using System.Text;
using CliWrap;
using CliWrap.Buffered;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Processes;

/// <summary>Runs helper programs on this host.</summary>
public sealed class HostProcesses : IProcesses
{
    private static readonly IReadOnlyList<string> Namespaces = ["--mount", "--pid", "--mount-proc", "--fork", "--kill-child", "--"];

    private readonly TimeSpan _killDelay;

    /// <summary>Creates the door to this host's programs.</summary>
    public HostProcesses()
        : this(TimeSpan.FromSeconds(5)) { }

    /// <summary>Creates the door to this host's programs.</summary>
    /// <param name="killDelay">How long a program may take to exit after it was interrupted.</param>
    internal HostProcesses(TimeSpan killDelay) => _killDelay = killDelay;

    /// <inheritdoc/>
    public async Task<ProcessResult> RunAsync(
        HelperProgram program,
        IReadOnlyList<string> arguments,
        TimeSpan timeout,
        CancellationToken ct,
        string? input = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        Action<string>? onErrorLine = null
    )
    {
        ct.ThrowIfCancellationRequested();
        var command = CommandOf(program, arguments)
            .WithEnvironmentVariables(WithLocale(environment))
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input, Encoding.UTF8))
            .WithStandardErrorPipe(onErrorLine is null ? PipeTarget.Null : PipeTarget.ToDelegate(onErrorLine, Encoding.UTF8));

        using var limit = new CancellationTokenSource(timeout);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var kill = new CancellationTokenSource();
        await using var killLater = interrupt.Token.Register(() => kill.CancelAfter(_killDelay));
        try
        {
            var result = await command.ExecuteBufferedAsync(Encoding.UTF8, Encoding.UTF8, kill.Token, interrupt.Token);
            return new ProcessResult(result.ExitCode, result.StandardOutput, result.StandardError);
        }
        catch (OperationCanceledException e) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException($"{Describe(program, arguments)} was cancelled.", e, ct);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"{Describe(program, arguments)} did not end within {timeout.TotalSeconds:0.#} s and was stopped. Run it by hand to "
                    + "see what it waits for.",
                e
            );
        }
    }

    // The kernel ends a process namespace with its first process. unshare ignores interrupts, so a program that is isolated is killed when
    // its time is over; a user's Ctrl-C reaches the program itself.
    private static Command CommandOf(HelperProgram program, IReadOnlyList<string> arguments)
    {
        var path = ProgramPath.Find(program);
        return program.IsIsolated
            ? Cli.Wrap(ProgramPath.Find(HelperPrograms.Unshare)).WithArguments([.. Namespaces, path, .. arguments])
            : Cli.Wrap(path).WithArguments(arguments);
    }

    /// <summary>The command line, for messages.</summary>
    internal static string Describe(HelperProgram program, IReadOnlyList<string> arguments) =>
        arguments.Count == 0 ? program.Name : $"{program.Name} {string.Join(' ', arguments)}";

    private static Dictionary<string, string?> WithLocale(IReadOnlyDictionary<string, string?>? environment)
    {
        // In some locales LANGUAGE takes precedence over LC_ALL in gettext, so it is removed, too.
        var all = new Dictionary<string, string?>(StringComparer.Ordinal) { ["LC_ALL"] = "C", ["LANGUAGE"] = null };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>(StringComparer.Ordinal))
            all[name] = value;
        return all;
    }
}
