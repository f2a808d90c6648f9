using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Machine.Programs;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Agent;

/// <summary>The user's options for ssh.</summary>
/// <param name="Extra">Options in the form that ssh's -o accepts.</param>
/// <param name="ConfigFile">A configuration file instead of the user's own, or null.</param>
public sealed record SshOptions(IReadOnlyList<string> Extra, string? ConfigFile)
{
    /// <summary>Timeout for connecting and logging in; null for the default.</summary>
    public TimeSpan? LoginTimeout { get; init; }
}

/// <summary>
/// A remote host over OpenSSH. The engine runs there, in an agent of the same version as this program: if the host lacks it, it is copied
/// under its digest, so both sides always use the same protocol.
/// </summary>
/// <param name="target">The host.</param>
/// <param name="options">The user's options for ssh.</param>
/// <param name="program">Finds the single file to copy to the host.</param>
public sealed class SshAgent(SshTarget target, SshOptions options, Func<string> program) : IAgent
{
    private SshConnection? _connection;

    /// <summary>The program of the cloudlet service, for hosts that have one; null: none is sent.</summary>
    public CarriedProgram? Carried { get; init; }

    /// <summary>Kept open for the next request: logging in costs more than most requests.</summary>
    private SshConnection Connection => _connection ??= new SshConnection(target, options.Extra, options.LoginTimeout, options.ConfigFile);

    /// <summary>Logs in, unless that was already done, and runs nothing.</summary>
    /// <exception cref="CloudletException">Unreachable, Timeout, NotFound: the host did not answer.</exception>
    public async Task ReachAsync(TimeSpan limit, CancellationToken ct) => await Connection.RunAsync(["true"], limit, ct);

    /// <inheritdoc/>
    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        // A confirmation proves that a new connection can be made, so it must not reuse a connection from before the change, whatever
        // sharing the user's options configure.
        if (request.Verb == HostVerb.Confirm)
        {
            await DisposeAsync();
            _connection = new SshConnection(
                target,
                ["ControlPath=none", "ControlMaster=no", .. options.Extra],
                options.LoginTimeout,
                options.ConfigFile
            );
        }

        if (Carried?.NeededBy(request) is var (path, digest))
            await SendAsync(path, digest, events, ct);
        var words = new List<string>();
        var exit = await new AgentInstaller(Connection, program()).RunAsync(
            ["agent"],
            (Carried?.Describe(request) ?? request).ToBytes(),
            EventLines.To(events, target.ToString()),
            ct,
            words.Add,
            Copying(events, "copying the agent to the host, once for this version")
        );
        if (exit != 0)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"the agent on {target} exited with {exit}: {string.Join(" | ", words.TakeLast(5))}; the host may be partly changed; "
                    + "run the same apply to continue"
            );
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Sends the service's program unless the host has this content, and runs it there once.</summary>
    private async Task SendAsync(string path, string digest, ConvergeEventSink events, CancellationToken ct)
    {
        var words = new List<string>();
        var exit = await new AgentInstaller(Connection, path, ProgramShelf.Folder, ProgramShelf.ServiceName).RunAsync(
            ["--version"],
            default,
            words.Add,
            ct,
            words.Add,
            Copying(events, $"copying {ProgramShelf.ServiceName} to the host, once for this content")
        );
        if (exit != 0)
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"{ProgramShelf.ServiceName} ({path}, sha256:{digest}) was copied to {target} but exited with {exit} there: "
                    + string.Join(" | ", words.TakeLast(5))
            );
    }

    private static Progress<long> Copying(ConvergeEventSink events, string what)
    {
        var said = 0;
        return new Progress<long>(_ =>
        {
            if (Interlocked.Exchange(ref said, 1) == 0)
                events(new Noticed(what));
        });
    }
}
