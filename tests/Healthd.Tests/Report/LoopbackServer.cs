using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Cloudlet.Healthd.Tests.Report;

/// <summary>A real HTTP server on loopback that answers as a test wants and keeps the requests.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Func<int, HttpListenerResponse, Task> _answer;
    private int _count;

    /// <summary>Listens on a free port.</summary>
    /// <param name="answer">Receives the number of the request, from 1, and writes the answer.</param>
    public LoopbackServer(Func<int, HttpListenerResponse, Task>? answer = null)
    {
        _answer = answer ?? ((_, _) => Task.CompletedTask);
        Url = $"http://127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public string Url { get; }

    public ConcurrentQueue<(string Method, string Path, string? Type, byte[] Body)> Requests { get; } = new();

    public static LoopbackServer WithCodes(params int[] codes) =>
        new(
            (number, response) =>
            {
                response.StatusCode = codes[Math.Min(number, codes.Length) - 1];
                return Task.CompletedTask;
            }
        );

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                Requests.Enqueue((context.Request.HttpMethod, context.Request.RawUrl!, context.Request.ContentType, body.ToArray()));
                await _answer(++_count, context.Response);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
