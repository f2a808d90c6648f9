using System.Net.Sockets;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>Serves a disk to one QEMU over a local socket.</summary>
internal sealed class DiskServer : IDisposable
{
    private readonly GuestDisk _disk;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _thread;
    private volatile bool _hasClient;

    /// <summary>Listens; only the first client is served.</summary>
    public DiskServer(GuestDisk disk, string socket)
    {
        _disk = disk;
        File.Delete(socket);
        _listener.Bind(new UnixDomainSocketEndPoint(socket));
        _listener.Listen(1);
        _thread = new Thread(Serve) { IsBackground = true, Name = "guest disk" };
        _thread.Start();
    }

    /// <summary>Waits until every request is handled that QEMU sent before it exited.</summary>
    public void Dispose()
    {
        if (!_hasClient)
            _listener.Shutdown(SocketShutdown.Both); // wakes the accept
        _thread.Join();
        _listener.Dispose();
    }

    private void Serve()
    {
        try
        {
            using var client = _listener.Accept();
            _hasClient = true;
            using var stream = new NetworkStream(client);
            using var protocol = new DiskProtocol(stream, _disk);
            protocol.Serve();
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // QEMU was killed, or never connected.
        }
    }
}
