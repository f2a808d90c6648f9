using System.Net.WebSockets;
using Cloudlet.Errors;

namespace Cloudlet.ServiceApi.Client;

/// <summary>The serial port of a VM, over the service.</summary>
public static class ConsoleConnection
{
    /// <summary>Connects to the console of a VM.</summary>
    /// <returns>A stream of what the guest writes and reads.</returns>
    /// <exception cref="CloudletException">NotFound: there is no such VM, or it does not run; Unreachable.</exception>
    public static async Task<Stream> OpenConsoleAsync(this ServiceClient client, string vm, CancellationToken ct)
    {
        var web = new ClientWebSocket();
        try
        {
            web.Options.CollectHttpResponseDetails = true;
            var url = new UriBuilder(new Uri(client.Login.Url, $"/v1/vms/{Uri.EscapeDataString(vm)}/console"));
            url.Scheme = url.Scheme == "https" ? "wss" : "ws";
            await web.ConnectAsync(url.Uri, client.Http, ct);
            return new WebSocketStream(web);
        }
        catch (WebSocketException e)
        {
            web.Dispose();
            throw new CloudletException(
                e.InnerException is HttpRequestException ? ErrorKind.Unreachable : ErrorKind.NotFound,
                $"the console of VM {vm} can't be opened: the service answered {(int)web.HttpStatusCode} {web.HttpStatusCode}. "
                    + "'cloudlet vm list' shows which VMs run",
                e
            );
        }
    }

    /// <summary>A WebSocket of binary messages as a stream.</summary>
    private sealed class WebSocketStream(ClientWebSocket web) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                while (true)
                {
                    var got = await web.ReceiveAsync(buffer, cancellationToken);
                    if (got.MessageType == WebSocketMessageType.Close)
                        return 0;
                    if (got.Count > 0)
                        return got.Count;
                }
            }
            catch (WebSocketException)
            {
                return 0; // the connection is gone: the console has ended
            }
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                await web.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }
            catch (WebSocketException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush() { }

        protected override void Dispose(bool disposing)
        {
            web.Dispose();
            base.Dispose(disposing);
        }
    }
}
