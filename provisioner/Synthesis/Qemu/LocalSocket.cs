using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Connects to the sockets that QEMU listens on, however long their paths are, and checks that the peer is QEMU.</summary>
internal static class LocalSocket
{
    private const int SocketLevel = 1,
        PeerCredentials = 17; // SOL_SOCKET, SO_PEERCRED of socket(7)
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Connects, and waits for the socket to appear. ProcessFailed when QEMU has exited, Timeout after <paramref name="limit"/>.
    /// </summary>
    /// <param name="folder">Folder of the socket.</param>
    /// <param name="name">Name of the socket.</param>
    /// <param name="owner">The process that must be listening.</param>
    /// <param name="limit">How long to try.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<Socket> ConnectAsync(string folder, string name, ProcessIdentity owner, TimeSpan limit, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(Pause, ct))
        {
            if (await TryConnectAsync(folder, name, ct) is { } socket)
                return Checked(socket, owner, name);
            if (!owner.IsAlive)
                throw new CloudletException(
                    ErrorKind.ProcessFailed,
                    $"QEMU (process {owner.Pid}) exited before it answered on its socket '{name}'"
                );
            if (watch.Elapsed > limit)
                throw new CloudletException(
                    ErrorKind.Timeout,
                    $"QEMU (process {owner.Pid}) did not open its socket '{name}' within {limit.TotalSeconds:0.#} s: the machine is too "
                        + "busy, or the process hangs"
                );
        }
    }

    private static async Task<Socket?> TryConnectAsync(string folder, string name, CancellationToken ct)
    {
        // Socket paths are limited to 107 bytes; a path by the folder's descriptor is always short enough.
        using var opened = Syscalls.OpenFolder(folder);
        if (opened.IsInvalid)
            return null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"/proc/self/fd/{opened.DangerousGetHandle()}/{name}"), ct);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Checks the peer: a guest that has taken over QEMU could replace the socket with a link to another program's.</summary>
    private static Socket Checked(Socket socket, ProcessIdentity owner, string name)
    {
        Span<byte> credentials = stackalloc byte[12];
        if (
            socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length
            && BinaryPrimitives.ReadInt32LittleEndian(credentials) == owner.Pid
        )
            return socket;
        socket.Dispose();
        throw new CloudletException(
            ErrorKind.Unexpected,
            $"another process listens on the socket '{name}' of QEMU (process {owner.Pid}). Don't trust this VM: stop it with --force"
        );
    }
}
