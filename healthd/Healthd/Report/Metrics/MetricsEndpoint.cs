using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Healthd.Report.Metrics;

/// <summary>
/// Answers <c>GET /metrics</c>, and nothing else. Clients are not trusted, so everything has a limit: bytes, time, connections. Without a
/// connection it sleeps in the kernel and causes no wake-ups, which is why it does not use a web server.
/// </summary>
internal sealed class MetricsEndpoint : IDisposable
{
    private const int LongestRequest = 8 << 10;
    private const int MostConnections = 4;

    private readonly Socket _listener;
    private readonly Func<string> _write;
    private readonly TimeSpan _patience;
    private readonly SemaphoreSlim _free = new(MostConnections);
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Starts to listen.</summary>
    /// <param name="address">IP address and port, e.g. <c>127.0.0.1:9810</c> or <c>[::1]:9810</c>; port 0 takes a free one.</param>
    /// <param name="write">Writes the metrics.</param>
    /// <param name="patience">Time limit of a connection; null: 2 s.</param>
    /// <exception cref="CloudletException">InvalidInput; Unexpected when the address cannot be bound.</exception>
    public MetricsEndpoint(string address, Func<string> write, TimeSpan? patience = null)
    {
        _write = write;
        _patience = patience ?? TimeSpan.FromSeconds(2);
        if (!IPEndPoint.TryParse(address, out var where))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"Cannot serve metrics on '{address}': it is not an IP address and port. Write 127.0.0.1:9810 or [::1]:9810."
            );
        _listener = new Socket(where.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            FreeBind(_listener);
            _listener.Bind(where);
            _listener.Listen(MostConnections);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"Cannot serve metrics on {address}: {e.Message}. `ss -ltnp` shows which process has the port.",
                e
            );
        }

        _ = Task.Run(AcceptAsync);
    }

    /// <summary>The address on which it listens.</summary>
    public IPEndPoint Where => (IPEndPoint)_listener.LocalEndPoint!;

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    /// <summary>Allows an address whose link is not up yet: the daemon itself brings it up.</summary>
    private static void FreeBind(Socket socket)
    {
        const int SOL_IP = 0;
        const int IP_FREEBIND = 15;
        try
        {
            socket.SetRawSocketOption(SOL_IP, IP_FREEBIND, BitConverter.GetBytes(1));
        }
        catch (SocketException)
        {
            // Then bind reports the error, if there is one.
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                await _free.WaitAsync(_stop.Token);
                var connection = await _listener.AcceptAsync(_stop.Token);
                _ = Task.Run(() => ServeAsync(connection));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The connection is gone again, or no file descriptor is free: the next one may succeed, but don't loop without a pause.
                _free.Release();
                await Task.Delay(_patience);
            }
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            using var time = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            time.CancelAfter(_patience);
            try
            {
                await connection.SendAsync(Answer(await ReadRequestAsync(connection, time.Token)), time.Token);
                connection.Shutdown(SocketShutdown.Send);
                // Closing a socket with unread data would reset the connection and lose the answer.
                var rest = new byte[1024];
                for (var i = 0; i < LongestRequest / rest.Length && await connection.ReceiveAsync(rest, time.Token) > 0; i++)
                {
                    // Discarded.
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Too slow, or gone. The client notices a failed scrape itself.
            }
            finally
            {
                _free.Release();
            }
        }
    }

    /// <summary>The request up to its empty line; null when it exceeds the limit.</summary>
    private static async Task<string?> ReadRequestAsync(Socket connection, CancellationToken ct)
    {
        var request = new byte[LongestRequest];
        var length = 0;
        while (length < request.Length)
        {
            var count = await connection.ReceiveAsync(request.AsMemory(length), ct);
            if (count == 0)
                return null;
            length += count;
            if (request.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
                return Encoding.Latin1.GetString(request, 0, length);
        }

        return null;
    }

    private byte[] Answer(string? request)
    {
        var line = request?.Split("\r\n", 2)[0].Split(' ');
        if (line is not [var method, var target, "HTTP/1.1" or "HTTP/1.0"])
            return Response("400 Bad Request", "text/plain", "expected one GET request with headers of at most 8 KiB\n");
        if (target.Split('?', 2)[0] != "/metrics")
            return Response("404 Not Found", "text/plain", "metrics are at /metrics\n");
        return method == "GET"
            ? Response("200 OK", PrometheusText.MediaType, _write())
            : Response("405 Method Not Allowed", "text/plain", "metrics can be read with GET\n", "Allow: GET\r\n");
    }

    private static byte[] Response(string status, string type, string text, string headers = "")
    {
        var body = Encoding.UTF8.GetBytes(text);
        return
        [
            .. Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n{headers}Connection: close\r\n\r\n"
            ),
            .. body,
        ];
    }
}
