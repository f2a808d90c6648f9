using System.Text;
using CliWrap;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Ssh;

/// <summary>
/// Runs commands on a remote host through the OpenSSH client, with the user's own configuration, keys and agent. The first command logs in and leaves a
/// master connection (ssh_config(5), ControlMaster) behind a socket that only we can reach; later commands need one round trip.
/// </summary>
public sealed class SshConnection : IAsyncDisposable
{
    private const int SshFailed = 255;
    private static readonly TimeSpan KillDelay = TimeSpan.FromSeconds(2);

    /// <summary>For the master when it is idle; it ends with <see cref="DisposeAsync"/> or, should we be killed, after this time.</summary>
    private const string MasterIdle = "ControlPersist=60";

    private static readonly string[] DefaultOptions =
    [
        "BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3", "ForwardAgent=no", "ForwardX11=no",
        "ClearAllForwardings=yes", "LogLevel=ERROR", "EscapeChar=none",
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
    /// <param name="extraOptions">More ssh options in the form <c>Name=value</c>; they win over ours.</param>
    /// <param name="loginTimeout">How long name resolution, connecting and logging in may take in all; null for 30 s. (ssh's ConnectTimeout ends before the key exchange.)</param>
    /// <param name="configFile">A configuration file for ssh instead of the user's own; null for that.</param>
    public SshConnection(SshTarget target, IReadOnlyList<string>? extraOptions = null, TimeSpan? loginTimeout = null, string? configFile = null)
    {
        Target = target;
        _extraOptions = extraOptions ?? [];
        _configFile = configFile;
        _loginTimeout = loginTimeout ?? TimeSpan.FromSeconds(30);
        _socketFolder = Directory.CreateTempSubdirectory("cloudlet-ssh-").FullName; // created 0700; the name is short because a socket's path has at most 107 bytes
    }

    /// <summary>The host.</summary>
    public SshTarget Target { get; }

    /// <summary>
    /// Runs a command to its end. A non-zero exit is a result. Unreachable when ssh itself fails (with its own words), Timeout after <paramref name="timeout"/>.
    /// </summary>
    /// <param name="command">Program and arguments; quoted for the remote shell here.</param>
    /// <param name="timeout">How long the command may run, without the log-in.</param>
    /// <param name="ct">Stops it early.</param>
    /// <param name="input">Its standard input, UTF-8; null for none.</param>
    public async Task<ProcessResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken ct, string? input = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(input ?? ""), writable: false);
        var output = new StringBuilder();
        var error = new StringBuilder();
        var run = new SshRun(command, stream, PipeTarget.ToStringBuilder(output, Encoding.UTF8), PipeTarget.ToStringBuilder(error, Encoding.UTF8), timeout);
        await LogInAsync(ct);
        var exitCode = await ExecuteAsync(run, ct);
        return new ProcessResult(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>
    /// Runs a command and hands over its output line by line as it comes, for as long as it takes: a silent but living host is not cut off, a dead one is
    /// noticed within 15 s. Errors as with <see cref="RunAsync"/>.
    /// </summary>
    /// <param name="command">Program and arguments; quoted for the remote shell here.</param>
    /// <param name="input">Its standard input, sent to its end.</param>
    /// <param name="onLine">Receives each line of standard output.</param>
    /// <param name="ct">Stops it early.</param>
    /// <param name="onErrorLine">Receives each line of standard error; null drops them.</param>
    /// <returns>The command's exit code.</returns>
    public async Task<int> StreamAsync(
        IReadOnlyList<string> command, Stream input, Action<string> onLine, CancellationToken ct, Action<string>? onErrorLine = null)
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

    /// <summary>Logs in where no master connection is there, within a time limit of its own, so that a host which answers TCP but never completes cannot hold up a long command.</summary>
    private async Task LogInAsync(CancellationToken ct)
    {
        await _login.WaitAsync(ct);
        try
        {
            // A master that ended (idle, or its connection died) has removed its socket: the next command would log in, so do that here.
            if (_loggedIn && (!_hasMaster || File.Exists(SocketPath)))
                return;
            var exitCode = await ExecuteAsync(new SshRun(["exit"], Stream.Null, PipeTarget.Null, PipeTarget.Null, _loginTimeout), ct);
            if (exitCode != 0)
            {
                throw new CloudletException(
                    ErrorKind.Unsupported, $"Logged in to {Target}, but its shell ended with exit code {exitCode} at 'exit'. The user needs a POSIX shell there.");
            }
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
        using var interrupt = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var kill = new CancellationTokenSource();
        await using var killLater = interrupt.Token.Register(() => kill.CancelAfter(KillDelay));
        var words = new LastLines(4);
        var command = Cli.Wrap(ProgramPath.Find(HelperPrograms.Ssh))
            .WithArguments(Arguments([PosixShell.Join(run.Command)]))
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.FromStream(run.Input))
            .WithStandardOutputPipe(run.Output)
            .WithStandardErrorPipe(PipeTarget.Merge(run.Error, PipeTarget.ToDelegate(words.Add, Encoding.UTF8)));
        try
        {
            var result = await command.ExecuteAsync(kill.Token, interrupt.Token);
            if (result.ExitCode != SshFailed)
                return result.ExitCode;
        }
        catch (OperationCanceledException e) when (ct.IsCancellationRequested)
        {
            throw new OperationCanceledException($"The command on {Target} was cancelled.", e, ct);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout, $"{run.What} did not complete within {run.Timeout.TotalSeconds:0.#} s on {Target}{words.Quoted}. {Advice}", e);
        }
        throw new CloudletException(ErrorKind.Unreachable, $"ssh to {Target} failed{words.Quoted}. {Advice}");
    }

    private string Advice => $"Try: ssh {(Target.Port is { } port ? $"-p {port} " : "")}{(Target.User is { } user ? $"{user}@" : "")}{Target.Host} true";

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
            await Cli.Wrap(ProgramPath.Find(HelperPrograms.Ssh)).WithArguments(Arguments([], "-O", "exit"))
                .WithValidation(CommandResultValidation.None).ExecuteAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // A master that does not even answer its socket ends by its own keep-alive or idle time.
        }
    }

    private sealed record SshRun(IReadOnlyList<string> Command, Stream Input, PipeTarget Output, PipeTarget Error, TimeSpan Timeout)
    {
        public string What => Command is ["exit"] ? "The log-in" : $"'{Command[0]}'";
    }

    /// <summary>The last lines of a stream, which is where ssh says why it gave up.</summary>
    private sealed class LastLines(int count)
    {
        private readonly Queue<string> _lines = new();

        public string Quoted
        {
            get
            {
                lock (_lines)
                    return _lines.Count == 0 ? "" : $": {string.Join(" | ", _lines)}";
            }
        }

        public void Add(string line)
        {
            if (string.IsNullOrWhiteSpace(line))
                return;
            lock (_lines)
            {
                _lines.Enqueue(line.Trim());
                if (_lines.Count > count)
                    _lines.Dequeue();
            }
        }
    }
}
