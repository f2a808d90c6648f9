using System.Net.Sockets;
using System.Security.Authentication;

namespace Cloudlet.Linux;

/// <summary>Our own words for a connection that failed: messages of the HTTP client may repeat what the server sent.</summary>
public static class ConnectionErrors
{
    /// <summary>What was found.</summary>
    public static string Found(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
            switch (e)
            {
                case SocketException socket:
                    return Found(socket.SocketErrorCode);
                case AuthenticationException:
                    return "the server's certificate is not trusted for this name, or TLS failed";
            }

        return (error as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "the name does not resolve",
            HttpRequestError.SecureConnectionError => "the server's certificate is not trusted for this name, or TLS failed",
            HttpRequestError.ResponseEnded => "the connection was closed before an answer",
            HttpRequestError.ConfigurationLimitExceeded => "the answer's headers are too long",
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => "the answer is not HTTP",
            _ => "the connection failed",
        };
    }

    private static string Found(SocketError error) =>
        error switch
        {
            SocketError.ConnectionRefused => "connection refused",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the name does not resolve",
            SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to it",
            SocketError.TimedOut => "no answer",
            SocketError.ConnectionReset => "the connection was reset",
            _ => $"the connection failed ({error})",
        };
}
