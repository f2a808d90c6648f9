using System.Net;
using System.Net.Sockets;

namespace Cloudlet.Stores.Tests.Servers;

/// <summary>Passes connections on to a server on loopback, counts what clients send, and cuts a connection at a byte.</summary>
public sealed class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _to;
    private readonly Task _accepting;
    private long _sent;
    private long _cutAt = long.MaxValue;

    public LoopbackProxy(int to)
    {
        _to = to;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Its port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Bytes that clients sent, headers included.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>How often a connection was cut.</summary>
    public int Cuts { get; private set; }

    /// <summary>Called when a connection is cut.</summary>
    public Action? OnCut { get; set; }

    /// <summary>Cuts the connection over which this many more bytes have come, once.</summary>
    public void CutAfter(long bytes) => _cutAt = Sent + bytes;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_end.Token);
                running.Add(RelayAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }

        await Task.WhenAll(running);
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var from = client;
        using var to = new TcpClient();
        try
        {
            await to.ConnectAsync(IPAddress.Loopback, _to, _end.Token);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            var down = CopyAsync(to.GetStream(), from.GetStream(), counts: false, either);
            await CopyAsync(from.GetStream(), to.GetStream(), counts: true, either);
            await down;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or InvalidOperationException)
        {
            // One side ended the connection, or the test is over.
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, bool counts, CancellationTokenSource either)
    {
        var block = new byte[1 << 14];
        try
        {
            for (int read; (read = await from.ReadAsync(block, either.Token)) > 0; )
            {
                if (counts && Interlocked.Add(ref _sent, read) >= Interlocked.Read(ref _cutAt))
                {
                    Interlocked.Exchange(ref _cutAt, long.MaxValue);
                    Cuts++;
                    OnCut?.Invoke();
                    return;
                }

                await to.WriteAsync(block.AsMemory(0, read), either.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The other direction ended.
        }
        finally
        {
            await either.CancelAsync();
        }
    }
}
