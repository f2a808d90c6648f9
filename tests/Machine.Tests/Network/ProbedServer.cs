using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Cloudlet.Machine.Tests.Network;

/// <summary>A server on the loopback interface that answers every connection with a script, over TLS if it has a certificate.</summary>
internal sealed class ProbedServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<Stream, CancellationToken, Task> _answer;
    private readonly X509Certificate2? _certificate;
    private int _connections;

    public ProbedServer(Func<Stream, CancellationToken, Task> answer, X509Certificate2? certificate = null)
    {
        (_answer, _certificate) = (answer, certificate);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>A server that sends a text after the request's headers.</summary>
    public ProbedServer(string text, X509Certificate2? certificate = null)
        : this((stream, ct) => stream.WriteAsync(Encoding.ASCII.GetBytes(text), ct).AsTask(), certificate) { }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Url => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}/v3");

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public void Dispose()
    {
        _end.Cancel();
        _listener.Stop();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // the end of the test
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        Interlocked.Increment(ref _connections);
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                if (_certificate is not null)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(_certificate);
                    stream = tls;
                }

                await ReadRequestAsync(stream);
                await _answer(stream, _end.Token);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException or ObjectDisposedException)
            {
                // The client has gone: that is what some tests are about.
            }
        }
    }

    private async Task ReadRequestAsync(Stream stream)
    {
        var text = "";
        var buffer = new byte[1024];
        while (!text.Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, _end.Token) is > 0 and var read)
            text += Encoding.ASCII.GetString(buffer, 0, read);
    }
}
