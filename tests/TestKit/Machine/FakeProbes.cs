using System.Collections.Concurrent;
using System.Net;
using Cloudlet.Machine.Network;

namespace Cloudlet.TestKit.Machine;

/// <summary>Services as functions; one without a function refuses connections, as the kernel of a host without a listener.</summary>
public sealed class FakeProbes : INetworkProbes
{
    /// <summary>URL or <c>host:port</c> → its answer to an attempt.</summary>
    public IDictionary<string, Func<ProbeAnswer>> Services { get; } = new ConcurrentDictionary<string, Func<ProbeAnswer>>();

    /// <summary>Targets that never answer; an attempt ends at its cancellation only.</summary>
    public ISet<string> Silent { get; } = new HashSet<string>();

    /// <summary>Every attempt, as <c>target</c> or <c>target caFile</c>, in order.</summary>
    public ConcurrentQueue<string> Attempts { get; } = [];

    /// <summary>The limits of the attempts, in order.</summary>
    public ConcurrentQueue<TimeSpan> Limits { get; } = [];

    /// <summary>A service that answers every request with a status.</summary>
    public static Func<ProbeAnswer> Status(int status) => () => new ProbeAnswer(true, $"status {status}", status);

    /// <summary>A port that accepts every connection.</summary>
    public static ProbeAnswer Accept() => new(true, "the connection was accepted");

    /// <summary>A port that nobody listens at.</summary>
    public static ProbeAnswer Refuse() => new(false, "connection refused");

    /// <inheritdoc/>
    public Task<ProbeAnswer> GetAsync(Uri url, string? caFile, TimeSpan limit, CancellationToken ct) =>
        AnswerAsync(url.OriginalString, caFile is null ? "" : $" {caFile}", limit, ct);

    /// <inheritdoc/>
    public Task<ProbeAnswer> ConnectAsync(string host, int port, TimeSpan limit, CancellationToken ct) =>
        AnswerAsync($"{host}:{port}", "", limit, ct);

    /// <inheritdoc/>
    public Task<ProbeAnswer> PingAsync(IPAddress address, string? network, TimeSpan limit, CancellationToken ct) =>
        AnswerAsync(network is null ? $"ping {address}" : $"ping {address} in {network}", "", limit, ct);

    private async Task<ProbeAnswer> AnswerAsync(string target, string more, TimeSpan limit, CancellationToken ct)
    {
        Attempts.Enqueue(target + more);
        Limits.Enqueue(limit);
        if (Silent.Contains(target))
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        return Services.TryGetValue(target, out var answer) ? answer() : Refuse();
    }
}
