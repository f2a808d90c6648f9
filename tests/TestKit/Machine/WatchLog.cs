using System.Threading.Channels;
using Cloudlet.Machine.Watch;

namespace Cloudlet.TestKit.Machine;

/// <summary>Collects what a source reports, and waits for it for at most ten seconds.</summary>
public sealed class WatchLog
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly Channel<HostEvent> _events = Channel.CreateUnbounded<HostEvent>();
    private volatile TaskCompletionSource? _closed;

    /// <summary>The sink to give to the source.</summary>
    public void Take(HostEvent item)
    {
        _closed?.Task.Wait();
        _ = _events.Writer.TryWrite(item); // an unbounded channel accepts everything
    }

    /// <summary>Blocks the source in its sink until <see cref="Open"/>.</summary>
    public void Close() => _closed = new TaskCompletionSource();

    public void Open() => _closed!.SetResult();

    /// <summary>Takes events up to the first match, and returns it.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? fits = null)
        where T : HostEvent
    {
        var seen = new List<HostEvent>();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                var item = await _events.Reader.ReadAsync(limit.Token);
                if (item is T wanted && (fits is null || fits(wanted)))
                    return wanted;
                seen.Add(item);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"no {typeof(T).Name} that fits; seen: {string.Join("; ", seen)}", e);
        }
    }

    public Task<PathTouched> NextPathAsync(string path) => NextAsync<PathTouched>(e => e.Path == path);

    public Task<LinkTouched> NextLinkAsync(string? name) => NextAsync<LinkTouched>(e => e.Name == name);

    public Task<UnitTouched> NextUnitAsync(string unit) => NextAsync<UnitTouched>(e => e.Unit == unit);

    /// <summary>Takes all events so far.</summary>
    public List<HostEvent> TakeAll()
    {
        var all = new List<HostEvent>();
        while (_events.Reader.TryRead(out var item))
            all.Add(item);
        return all;
    }
}
