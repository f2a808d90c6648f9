using System.Net.Sockets;
using System.Net.WebSockets;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Work;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Routes;

/// <summary>Connects a WebSocket with the serial port of a VM, until either side ends.</summary>
internal static class ConsoleSocket
{
    private const int PartSize = 4096;

    public static Task ServeAsync(HttpContext context, VmWork work, string id) => ServeAsync(context, work, id, context.RequestAborted);

    /// <summary>Serves a request until either side or the caller ends it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="work">Finds the VM.</param>
    /// <param name="id">The VM.</param>
    /// <param name="ct">Ends the connection.</param>
    public static async Task ServeAsync(HttpContext context, VmWork work, string id, CancellationToken ct)
    {
        var vm = work.Get(context.Caller(), id);
        if (!context.WebSockets.IsWebSocketRequest)
            throw new InvalidRequestException([new FieldProblem("", "expected a WebSocket: send Upgrade: websocket")]);
        using var port = await vm.OpenConsoleAsync(ct);
        using var web = await context.WebSockets.AcceptWebSocketAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(ToWebAsync(port, web, end.Token), ToPortAsync(web, port, end.Token));
        await end.CancelAsync();
        if (web.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await CloseAsync(web);
    }

    private static async Task CloseAsync(WebSocket web)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await web.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "the console ended", limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The client is gone already.
        }
    }

    private static async Task ToWebAsync(Socket port, WebSocket web, CancellationToken ct)
    {
        var buffer = new byte[PartSize];
        try
        {
            while (await port.ReceiveAsync(buffer, ct) is > 0 and var read)
                await web.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, ct);
        }
        catch (Exception e) when (e is SocketException or WebSocketException or OperationCanceledException)
        {
            // Either side has ended; the caller ends the other.
        }
    }

    private static async Task ToPortAsync(WebSocket web, Socket port, CancellationToken ct)
    {
        var buffer = new byte[PartSize];
        try
        {
            while (await web.ReceiveAsync(buffer.AsMemory(), ct) is { MessageType: not WebSocketMessageType.Close } got)
                for (var sent = 0; sent < got.Count; )
                    sent += await port.SendAsync(buffer.AsMemory(sent, got.Count - sent), ct);
        }
        catch (Exception e) when (e is SocketException or WebSocketException or OperationCanceledException)
        {
            // As above.
        }
    }
}
