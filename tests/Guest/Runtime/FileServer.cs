using System.Net;
using Cloudlet.Guest.Tests.Guests;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>Serves one file over HTTP on loopback.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public FileServer(string path)
    {
        Url = $"http://127.0.0.1:{GuestHost.FreePort()}/{Path.GetFileName(path)}";
        _listener.Prefixes.Add(Url[..(Url.LastIndexOf('/') + 1)]);
        _listener.Start();
        _serving = ServeAsync(path);
    }

    /// <summary>Where the file is.</summary>
    public string Url { get; }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync(string path)
    {
        while (_listener.IsListening)
            try
            {
                var context = await _listener.GetContextAsync();
                await using var file = File.OpenRead(path);
                context.Response.ContentLength64 = file.Length;
                await file.CopyToAsync(context.Response.OutputStream);
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The client hung up, or the test is over.
            }
    }
}
