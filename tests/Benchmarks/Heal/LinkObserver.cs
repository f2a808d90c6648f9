using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Watch;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>
/// Deletes links, and detects when everything is restored: from this process, with its own rtnetlink sockets in the host's network
/// namespace. It sleeps until the kernel reports a change and then asks the kernel for the link, so that it takes no processor time from
/// the repair on a machine with few cores.
/// </summary>
internal sealed class LinkObserver : IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(5);

    private readonly AutoResetEvent _news = new(initialState: false);
    private readonly RouteNetlink _links;
    private readonly LinkWatch _watch;
    private string? _expected;
    private long _seen;

    /// <summary>Opens its sockets.</summary>
    /// <param name="networkNamespace">Path of the host's network namespace.</param>
    public LinkObserver(string networkNamespace)
    {
        _links = RouteNetlink.Open(networkNamespace);
        _watch = new LinkWatch(Happened, TimeProvider.System, networkNamespace);
    }

    /// <summary>
    /// Deletes the port of a cable, and so the cable, or the port's first address; waits until both ends are as described.
    /// </summary>
    /// <param name="cable">The cable.</param>
    /// <param name="what"><c>link</c> or <c>address</c>.</param>
    /// <param name="bound">Longest wait.</param>
    /// <returns>The trial without the decision, and the moment before the deletion, s of the monotonic clock.</returns>
    public (Trial Trial, double Began) Lose(Cable cable, string what, TimeSpan bound)
    {
        var index = (
            _links.Find(cable.Port.Name)
            ?? throw new CloudletException(ErrorKind.NotFound, $"{cable.Port.Name} does not exist before its trial")
        ).Index;
        var address = cable.Port.Addresses[0].Split('/');
        _seen = 0;
        _expected = cable.Port.Name;
        var began = Stopwatch.GetTimestamp();
        if (what == "link")
            _links.Delete(index);
        else
            _links.RemoveAddress(index, new AddressInfo(address[0], int.Parse(address[1])));
        var restored = Await(
            () => cable.Peer.IsAsDescribed(_links.Find(cable.Peer.Name)) && cable.Port.IsAsDescribed(_links.Find(cable.Port.Name)),
            began,
            bound,
            pause: TimeSpan.Zero
        );
        _expected = null;
        return (new Trial(what, _seen == 0 ? null : Milliseconds(began, _seen), null, restored), Seconds(began));
    }

    /// <summary>
    /// Waits until all cables are as described. Milliseconds since <paramref name="began"/>, or null when the bound is exceeded.
    /// </summary>
    public double? AwaitAll(IEnumerable<Cable> cables, long began, TimeSpan bound)
    {
        var all = cables.SelectMany(c => new[] { c.Port, c.Peer }).ToList();
        return Await(() => Snapshot() is { } snapshot && AllIn(snapshot), began, bound, Between);

        bool AllIn(NetworkSnapshot snapshot)
        {
            var byName = snapshot.Links.ToDictionary(l => l.Name);
            return all.TrueForAll(l => l.IsAsDescribed(byName.GetValueOrDefault(l.Name)));
        }
    }

    /// <summary>Milliseconds between two timestamps.</summary>
    public static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;

    /// <summary>A timestamp as seconds of CLOCK_MONOTONIC.</summary>
    public static double Seconds(long timestamp) => (double)timestamp / Stopwatch.Frequency;

    public void Dispose()
    {
        _watch.Dispose();
        _links.Dispose();
        _news.Dispose();
    }

    /// <summary>Null while so much changes that the kernel cannot give a consistent picture.</summary>
    private NetworkSnapshot? Snapshot()
    {
        try
        {
            return _links.Dump();
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Interrupted)
        {
            return null;
        }
    }

    private double? Await(Func<bool> isThere, long began, TimeSpan bound, TimeSpan pause)
    {
        while (true)
        {
            if (isThere())
                return Milliseconds(began, Stopwatch.GetTimestamp());
            var left = bound - Stopwatch.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return null;
            // Don't rely on events alone: one that arrives between query and wait is not lost, but the kernel may drop some.
            _news.WaitOne(left < TimeSpan.FromMilliseconds(100) ? left : TimeSpan.FromMilliseconds(100));
            Thread.Sleep(pause);
        }
    }

    private void Happened(HostEvent happened)
    {
        if (_seen == 0 && happened is LinkTouched { Name: { } name } && name == _expected)
            _seen = happened.At;
        _news.Set();
    }
}
