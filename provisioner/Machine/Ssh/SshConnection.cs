using System.Text;
using CliWrap;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Ssh;

/// <summary>
/// Runs commands on a remote host through the OpenSSH client, with the user's configuration, keys and agent. The first command logs in and
/// leaves a master connection (ssh_config(5), ControlMaster) with a private socket; later commands need one round trip.
/// </summary>
public sealed class SshConnection : IAsyncDisposable
{
    private const int SshFailed = 255;
    private static readonly TimeSpan KillDelay = TimeSpan.FromSeconds(2);

    /// <summary>Idle time of the master connection. It ends with <see cref="DisposeAsync"/>, or after this time if we are killed.</summary>
    private const string MasterIdle = "ControlPersist=60";

    private static readonly string[] DefaultOptions =
    [
        "BatchMode=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        "ForwardAgent=no",
        "ForwardX11=no",
        "ClearAllForwardings=yes",
        "LogLevel=ERROR",
        "EscapeChar=none",
    ];

    private readonly SemaphoreSlim _login = new(1, 1);
    private readonly string _socketFolder;
    private readonly IReadOnlyList<string> _extraOptions;
    private readonly string? _configFile;
    private readonly TimeSpan _loginTimeout;
    private bool _loggedIn;
    private bool _hasMaster;

    /// <summary>Prepares a connection; nothing is sent yet.</summary>
    /// <param name="target">The host.</param>
    /// <param name="extraOptions">More ssh options in the form <c>Name=value</c>; they take precedence over ours.</param>
    /// <param name="loginTimeout">Limit of the total time of name resolution, connecting and logging in; null for 30 s. (ssh's
    /// ConnectTimeout ends before the key exchange.)</param>
    /// <param name="configFile">A configuration file for ssh; null for the user's.</param>
    public SshConnection(
        SshTarget target,
        IReadOnlyList<string>? extraOptions = null,
        TimeSpan? loginTimeout = null,
        string? configFile = null
    )
    {
        Target = target;
        _extraOptions = extraOptions ?? [];
        _configFile = configFile;
        _loginTimeout = loginTimeout ?? TimeSpan.FromSeconds(30);
        // created 0700; the name is short because a socket's path has at most 107 bytes
        _socketFolder = Directory.CreateTempSubdirectory("cloudlet-ssh-").FullName;
    }

    /// <summary>The host.</summary>
    public SshTarget Target { get; }

    /// <summary>
    /// Runs a command to its end. A non-zero exit is a result. Unreachable, with ssh's message, when ssh itself fails; Timeout after
    /// <paramref name="timeout"/>.
    /// </summary>
    /// <param name="command">Program and arguments; quoted for the remote shell here.</param>
    /// <param name="timeout">How long the command may run, without the log-in.</param>
    /// <param name="ct">Stops it early.</param>
    /// <param name="input">Its standard input, UTF-8; null for none.</param>
    public async Task<ProcessResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken ct, string? input = null)
    {
        await using var stream = input is null ? Stream.Null : new MemoryStream(Encoding.UTF8.GetBytes(input), writable: false);
        var output = new StringBuilder();
        var error = new StringBuilder();
        var run = new SshRun(
            command,
            stream,
            PipeTarget.ToStringBuilder(output, Encoding.UTF8),
            PipeTarget.ToStringBuilder(error, Encoding.UTF8),
            timeout
        );
        await LogInAsync(ct);
        var exitCode = await ExecuteAsync(run, ct);
        return new ProcessResult(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>
    /// Runs a command and passes on its output line by line, without a time limit: a silent but reachable host is not cut off, a dead one
    /// is noticed within 15 s. Errors as with <see cref="RunAsync"/>.
    /// </summary>
    /// <param name="command">Program and arguments; quoted for the remote shell here.</param>
    /// <param name="input">Its standard input, sent to its end.</param>
    /// <param name="onLine">Receives each line of standard output.</param>
    /// <param name="ct">Stops it early.</param>
    /// <param name="onErrorLine">Receives each line of standard error; null drops them.</param>
    /// <returns>The command's exit code.</returns>
    public async Task<int> StreamAsync(
        IReadOnlyList<string> command,
        Stream input,
        Action<string> onLine,
        CancellationToken ct,
        Action<string>? onErrorLine = null
    )
    {
        var error = onErrorLine is null ? PipeTarget.Null : PipeTarget.ToDelegate(onErrorLine, Encoding.UTF8);
        var run = new SshRun(command, input, PipeTarget.ToDelegate(onLine, Encoding.UTF8), error, Timeout.InfiniteTimeSpan);
        await LogInAsync(ct);
        return await ExecuteAsync(run, ct);
    }

    /// <summary>Ends the master connection and removes its socket.</summary>
    public async ValueTask DisposeAsync()
    {
        if (File.Exists(SocketPath))
            await StopMasterAsync();
        Directory.Delete(_socketFolder, recursive: true);
        _login.Dispose();
    }

    private string SocketPath => Path.Combine(_socketFolder, "s");

    /// <summary>
    /// Logs in unless there is a master connection. It has its own time limit, so that a host that accepts TCP but never completes the
    /// login cannot block a long command.
    /// </summary>
    private async Task LogInAsync(CancellationToken ct)
    {
        await _login.WaitAsync(ct);
        try
        {
            // A master that has ended (idle, or its connection broke) has removed its socket: the next command would log in, so do it here.
            if (_loggedIn && (!_hasMaster || File.Exists(SocketPath)))
                return;
            await ExecuteAsync(
                new SshRun(["true"], Stream.Null, PipeTarget.Null, PipeTarget.Null, _loginTimeout) { What = "The log-in" },
                ct
            );
            _loggedIn = true;
            _hasMaster = File.Exists(SocketPath); // the user's configuration may forbid one
        }
        finally
        {
            _login.Release();
        }
    }

    private async Task<int> ExecuteAsync(SshRun run, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        using var limit = new CancellationTokenSource(run.Timeout);
        using var beginLimit = new CancellationTokenSource(_loginTimeout);
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token, beginLimit.Token);
        using var kill = new CancellationTokenSource();
        await using var killLater = interrupt.Token.Register(() => kill.CancelAfter(KillDelay));
        using var exchange = new MarkedExchange(run, () => beginLimit.CancelAfter(Timeout.InfiniteTimeSpan));
        var command = exchange.Attach(
            Cli.Wrap(ProgramPath.Find(HelperPrograms.Ssh))
                .WithArguments(Arguments([exchange.Line]))
                .WithValidation(CommandResultValidation.None)
        );
        try
        {
            var result = await command.ExecuteAsync(kill.Token, interrupt.Token);
            if (exchange.ExitCode is { } own)
                return own;
            if (result.ExitCode != SshFailed)
                return exchange.HasBegun ? result.ExitCode : throw NothingRan(result.ExitCode, exchange);
        }
        catch (OperationCanceledException e) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException($"The command on {Target} was cancelled.", e, ct);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"{run.What} did not complete within {run.Timeout.TotalSeconds:0.#} s on {Target}{exchange.Words}. {Advice}",
                e
            );
        }
        catch (OperationCanceledException e)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"{run.What} did not begin within {_loginTimeout.TotalSeconds:0.#} s on {Target}{exchange.Words}. Does a start file "
                    + $"of the user's shell wait for input? {Advice}",
                e
            );
        }
        throw new CloudletException(
            exchange.NameIsUnknown ? ErrorKind.NotFound : ErrorKind.Unreachable,
            $"ssh to {Target} failed{exchange.Words}. {Advice}"
        );
    }

    /// <summary>The shell exited, but our command did not run: something ended or replaced the shell before.</summary>
    private CloudletException NothingRan(int exitCode, MarkedExchange exchange) =>
        new(
            ErrorKind.Unsupported,
            $"Logged in to {Target}, but the shell there did not run our command: expected /bin/sh, found that it ended with exit "
                + $"code {exitCode}{exchange.Words}. "
                + "An account without a shell, a forced command, or a start file (~/.bashrc, ~/.zshenv, ~/.config/fish/config.fish) "
                + "that ends or replaces the shell does that. "
                + "Let start files do so only in interactive shells, or log in as another user."
        );

    private string Advice =>
        $"Try: ssh {(Target.Port is { } port ? $"-p {port} " : "")}{(Target.User is { } user ? $"{user}@" : "")}{Target.Host} true";

    private List<string> Arguments(IEnumerable<string> command, params IEnumerable<string> control)
    {
        List<string> arguments = _configFile is null ? ["-T"] : ["-T", "-F", _configFile];
        foreach (var option in _extraOptions.Concat(DefaultOptions)) // ssh takes the first value of an option
            arguments.AddRange(["-o", option]);
        arguments.AddRange(["-o", "ControlMaster=auto", "-o", $"ControlPath={SocketPath}", "-o", MasterIdle, .. control]);
        if (Target.Port is { } port)
            arguments.AddRange(["-p", port.ToString()]);
        if (Target.User is { } user)
            arguments.AddRange(["-l", user]);
        return [.. arguments, "--", Target.Host, .. command];
    }

    private async Task StopMasterAsync()
    {
        using var limit = new CancellationTokenSource(KillDelay);
        try
        {
            await Cli.Wrap(ProgramPath.Find(HelperPrograms.Ssh))
                .WithArguments(Arguments([], "-O", "exit"))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A master that does not answer on its socket ends by its keep-alive or idle time.
        }
    }
}
