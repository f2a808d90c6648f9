using System.Net;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Stores.Tests.Servers;

/// <summary>A small web server on loopback. A script may answer instead of its folder.</summary>
public sealed class ScriptedWeb : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly string? _folder;
    private readonly Task _serving;

    public ScriptedWeb(string? folder = null)
    {
        _folder = folder;
        Root = new Uri($"http://127.0.0.1:{FakeCloud.FreePort()}/");
        _listener.Prefixes.Add(Root.ToString());
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Root { get; }

    /// <summary>Method, path, and the headers Range and Authorization of each request.</summary>
    public List<(string Method, string Path, string? Range, string? Authorization)> Requests { get; } = [];

    /// <summary>Answers a request; false: the folder does.</summary>
    public Func<HttpListenerContext, Task<bool>>? Script { get; set; }

    /// <summary>False: Range is not heeded.</summary>
    public bool HasRanges { get; set; } = true;

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await Task.WhenAny(_serving, Task.Delay(TimeSpan.FromSeconds(10)));
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                _ = AnswerAsync(await _listener.GetContextAsync());
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            var (request, response) = (context.Request, context.Response);
            lock (Requests)
                Requests.Add((request.HttpMethod, request.Url!.AbsolutePath, request.Headers["Range"], request.Headers["Authorization"]));
            if (Script is { } script && await script(context))
                return;
            var file = _folder is null ? null : Path.Join(_folder, request.Url!.AbsolutePath);
            if (!File.Exists(file))
            {
                response.StatusCode = 404;
                response.Close();
                return;
            }

            await SendAsync(context, await File.ReadAllBytesAsync(file), HasRanges);
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The client ended the connection, or the test is over.
        }
    }

    /// <summary>Sends bytes, from the position that the request asks for.</summary>
    public static async Task SendAsync(HttpListenerContext context, byte[] bytes, bool hasRanges = true, int most = int.MaxValue)
    {
        var from = 0;
        if (hasRanges && context.Request.Headers["Range"] is { } range)
        {
            from = int.Parse(range["bytes=".Length..^1]);
            context.Response.StatusCode = 206;
            context.Response.AddHeader("Content-Range", $"bytes {from}-{bytes.Length - 1}/{bytes.Length}");
        }

        context.Response.ContentLength64 = bytes.Length - from;
        var now = Math.Min(most, bytes.Length - from);
        await context.Response.OutputStream.WriteAsync(bytes.AsMemory(from, now));
        await context.Response.OutputStream.FlushAsync();
        if (now < bytes.Length - from)
            context.Response.Abort();
        else
            context.Response.Close();
    }
}
