using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cloudlet.Synthesis.Tests.Fetch;

/// <summary>A request as the server received it.</summary>
/// <param name="Number">0 for the first.</param>
/// <param name="From">First requested byte.</param>
/// <param name="IfRange">The tag that it must still have.</param>
/// <param name="Text">The whole request.</param>
internal sealed record ScriptedRequest(int Number, long From, string? IfRange, string Text);

/// <summary>An HTTP server on loopback that handles each connection as a test says, with real sockets and real misbehaviour.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<ScriptedRequest, NetworkStream, CancellationToken, Task> _answer;
    private readonly Task _serving;

    public ScriptedServer(Func<ScriptedRequest, NetworkStream, CancellationToken, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/an.overlay";

    public List<ScriptedRequest> Requests { get; } = [];

    /// <summary>Writes a head and a body.</summary>
    public static async Task SayAsync(NetworkStream to, string head, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        await to.WriteAsync(Encoding.ASCII.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\n\r\n"), ct);
        await to.WriteAsync(body, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _serving;
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await using var stream = client.GetStream();
                var request = await ReadAsync(stream);
                Requests.Add(request);
                await _answer(request, stream, _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The test is over, or the client disconnected.
        }
    }

    private async Task<ScriptedRequest> ReadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _end.Token) == 1)
            text.Append((char)one[0]);
        var lines = text.ToString().Split("\r\n");
        var range = Header(lines, "Range: bytes=");
        return new ScriptedRequest(
            Requests.Count,
            range is null ? 0 : long.Parse(range.TrimEnd('-'), CultureInfo.InvariantCulture),
            Header(lines, "If-Range: "),
            text.ToString()
        );
    }

    private static string? Header(string[] lines, string start) =>
        lines.FirstOrDefault(l => l.StartsWith(start, StringComparison.OrdinalIgnoreCase))?[start.Length..];
}
