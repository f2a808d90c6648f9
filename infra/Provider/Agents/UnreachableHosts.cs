using System.Collections.Concurrent;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Provider.Agents;

/// <summary>The hosts that recently did not answer: one update asks each of them several times, and waits for it once.</summary>
internal sealed class UnreachableHosts(TimeProvider clock)
{
    /// <summary>How long to wait for a host that did not answer before.</summary>
    public static readonly TimeSpan ShortLook = TimeSpan.FromSeconds(3);

    /// <summary>
    /// About as long as an update with a few slow hosts takes; after a longer time the host may be up.
    /// </summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string Host, int? Port), long> _failed = new();

    /// <summary>True for a host that recently did not answer.</summary>
    public bool Has(SshTarget target) => _failed.TryGetValue(Key(target), out var when) && clock.GetElapsedTime(when) < Moment;

    /// <summary>Records that the host did not answer.</summary>
    public void Add(SshTarget target) => _failed[Key(target)] = clock.GetTimestamp();

    /// <summary>Records that the host answers.</summary>
    public void Remove(SshTarget target) => _failed.TryRemove(Key(target), out _);

    private static (string Host, int? Port) Key(SshTarget target) => (target.Host.ToLowerInvariant(), target.Port);
}
