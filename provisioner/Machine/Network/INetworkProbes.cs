using System.Net;

namespace Cloudlet.Machine.Network;

/// <summary>What one attempt to reach a service found.</summary>
/// <param name="IsAnswer">True: it answered, with any status; or the connection was accepted.</param>
/// <param name="Found">What was found, for a message; never text of the server.</param>
/// <param name="Status">HTTP status of the answer; null without one.</param>
public sealed record ProbeAnswer(bool IsAnswer, string Found, int? Status = null);

/// <summary>
/// Single attempts to reach services over the network. A service that cannot be reached is an answer, not an error; only a cancellation
/// throws. What a server sends is not trusted: at most its status line and headers are read, within bounds of size and time.
/// </summary>
public interface INetworkProbes
{
    /// <summary>Sends one GET request over a new connection. Redirects are not followed, the body is not read.</summary>
    /// <param name="url">An http or https URL.</param>
    /// <param name="caFile">Absolute path of the PEM certificates that are trusted for https; null: those of the system.</param>
    /// <param name="limit">Time for the whole attempt.</param>
    /// <param name="ct">Cancels the attempt.</param>
    Task<ProbeAnswer> GetAsync(Uri url, string? caFile, TimeSpan limit, CancellationToken ct);

    /// <summary>Opens one TCP connection, and closes it.</summary>
    /// <param name="host">Name or address.</param>
    /// <param name="port">Port, 1 to 65535.</param>
    /// <param name="limit">Time for the whole attempt.</param>
    /// <param name="ct">Cancels the attempt.</param>
    Task<ProbeAnswer> ConnectAsync(string host, int port, TimeSpan limit, CancellationToken ct);

    /// <summary>Sends one ICMP echo request. Needs root.</summary>
    /// <param name="address">The address.</param>
    /// <param name="network">Name of the network namespace that it is sent from; null: the host's own.</param>
    /// <param name="limit">How long to wait for the reply.</param>
    /// <param name="ct">Cancels the attempt before it begins.</param>
    Task<ProbeAnswer> PingAsync(IPAddress address, string? network, TimeSpan limit, CancellationToken ct);
}
