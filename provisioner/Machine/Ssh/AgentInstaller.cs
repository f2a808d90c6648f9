using System.Security.Cryptography;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Ssh;

/// <summary>
/// Runs one of our executables on a remote host as root. It is stored there by digest, /var/lib/cloudlet/agent/SHA256/cloudlet, copied once
/// per version, compressed in transit, and verified once a boot and after every change of the file. Verify and run are one command, without
/// an additional round trip.
/// </summary>
public sealed class AgentInstaller
{
    private readonly SshConnection _connection;
    private readonly string _executable;
    private readonly string _folder;
    private readonly string _what;
    private readonly Lazy<string> _digest;

    /// <summary>Prepares the agent; nothing is read or sent yet.</summary>
    /// <param name="connection">The host; the caller disposes it.</param>
    /// <param name="executable">A local, self-contained executable for the host's processor architecture.</param>
    public AgentInstaller(SshConnection connection, string executable)
        : this(connection, executable, AgentScripts.Folder) { }

    /// <summary>As the other constructor, for another program of ours.</summary>
    /// <param name="connection">The host; the caller disposes it.</param>
    /// <param name="executable">A local, self-contained executable for the host's processor architecture.</param>
    /// <param name="folder">Folder on the host where its versions are stored.</param>
    /// <param name="what">Its name in messages.</param>
    public AgentInstaller(SshConnection connection, string executable, string folder, string what = "agent")
    {
        _what = what;
        _connection = connection;
        _executable = executable;
        _folder = folder;
        _digest = new Lazy<string>(ComputeDigest);
    }

    /// <summary>SHA-256 of the executable, 64 lower-case hexadecimal digits.</summary>
    public string Digest => _digest.Value;

    /// <summary>
    /// Runs the agent with <paramref name="arguments"/>, installing it first where needed. Errors: those of <see cref="SshConnection"/>;
    /// PermissionDenied when the user is not root and sudo would ask for a password; Unsupported when the host cannot execute it;
    /// ProcessFailed when it cannot be stored.
    /// </summary>
    /// <param name="arguments">The agent's arguments.</param>
    /// <param name="input">Its standard input; kept in memory because it is sent again after an installation.</param>
    /// <param name="onLine">Receives each line of its standard output.</param>
    /// <param name="ct">Stops it early.</param>
    /// <param name="onErrorLine">Receives each line of its standard error.</param>
    /// <param name="progress">Receives how many bytes of the executable have been read, compressed and sent so far.</param>
    /// <returns>The agent's exit code.</returns>
    public async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        ReadOnlyMemory<byte> input,
        Action<string> onLine,
        CancellationToken ct,
        Action<string>? onErrorLine = null,
        IProgress<long>? progress = null
    )
    {
        for (var installed = false; ; installed = true)
        {
            var words = new List<string>();
            using var stream = new MemoryStream(input.ToArray(), writable: false);
            var exitCode = await _connection.StreamAsync(
                AgentScripts.RunCommand(_folder, Digest, arguments),
                stream,
                onLine,
                ct,
                Keep(words, onErrorLine)
            );
            if (exitCode != AgentScripts.AgentMissing)
                return ThrowOnScriptFailure(exitCode, words);
            if (installed)
            {
                throw new CloudletException(
                    ErrorKind.ProcessFailed,
                    $"The {_what} was copied to {_connection.Target} but was damaged or removed right after. Check the disk there (dmesg), "
                        + "and programs that clean /var/lib/cloudlet."
                );
            }
            await InstallAsync(ct, progress);
        }
    }

    /// <summary>Copies the executable to the host, even if it is there already.</summary>
    /// <param name="ct">Stops it early; no partial copy remains.</param>
    /// <param name="progress">Receives how many bytes of the executable have been read, compressed and sent so far.</param>
    public async Task InstallAsync(CancellationToken ct, IProgress<long>? progress = null)
    {
        var words = new List<string>();
        await using var file = new FileStream(_executable, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, useAsync: true);
        await using var counted = new CountedStream(file, progress);
        await using var compressed = new GzipReader(counted);
        var exitCode = await _connection.StreamAsync(
            AgentScripts.InstallCommand(_folder, Digest),
            compressed,
            static _ => { },
            ct,
            words.Add
        );
        if (ThrowOnScriptFailure(exitCode, words) == 0)
            return;
        var problem =
            exitCode == AgentScripts.TransferDamaged
                ? "the received file differs from the sent one (did the file change in the meantime, or is the disk full?)"
                : $"exit code {exitCode}";
        throw new CloudletException(
            ErrorKind.ProcessFailed,
            $"Cannot copy the {_what} to {_connection.Target}: {problem}{Quote(words)}. Check free space below /var/lib/cloudlet there "
                + "and run again."
        );
    }

    private int ThrowOnScriptFailure(int exitCode, List<string> words) =>
        exitCode switch
        {
            AgentScripts.NotRoot => throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"The user at {_connection.Target} is not root and may not use sudo without a password{Quote(words)}. Log in as root "
                    + "or allow it in /etc/sudoers.d."
            ),
            AgentScripts.CannotExecute => throw new CloudletException(
                ErrorKind.Unsupported,
                $"{_connection.Target} cannot execute the {_what}{Quote(words)}. It needs the same processor architecture as here and "
                    + "/var/lib without noexec."
            ),
            _ => exitCode,
        };

    private static Action<string> Keep(List<string> words, Action<string>? pass) =>
        line =>
        {
            if (words.Count < 20)
                words.Add(line);
            pass?.Invoke(line);
        };

    private static string Quote(List<string> words) => words.Count == 0 ? "" : $" ({string.Join(" | ", words.TakeLast(3))})";

    private string ComputeDigest()
    {
        using var file = File.OpenRead(_executable);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
