using Cloudlet.Errors;

namespace Cloudlet.Resources.Kinds.Packages;

/// <summary>
/// Merges requests for single packages that arrive at about the same time into one call of the package manager, whose start costs more
/// than most installations. When that call fails, every package gets its own call, so that a bad one fails alone.
/// </summary>
/// <param name="call">Installs or removes several packages.</param>
/// <param name="clock">Waits for more requests.</param>
internal sealed class PackageBatch(Func<IReadOnlyCollection<string>, CancellationToken, Task> call, TimeProvider clock)
{
    /// <summary>How long the first request waits for others.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(20);

    private readonly Lock _turn = new();
    private readonly List<Order> _waiting = [];
    private bool _isWorking;
    private volatile string? _leader;

    /// <summary>The first package of the running call; null: no call is running.</summary>
    public string? Leader => _leader;

    /// <summary>Completes when the package is done, with its own failure or none.</summary>
    public Task AddAsync(string package, CancellationToken ct)
    {
        var order = new Order(package, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_turn)
        {
            _waiting.Add(order);
            if (!_isWorking)
            {
                _isWorking = true;
                _ = WorkAsync(ct);
            }
        }

        return order.Done.Task;
    }

    private async Task WorkAsync(CancellationToken ct)
    {
        // A cancellation makes the calls fail, so every request completes; the wait itself is short.
        await Task.Delay(Window, clock, CancellationToken.None);
        while (true)
        {
            Order[] batch;
            lock (_turn)
            {
                batch = [.. _waiting];
                _waiting.Clear();
                _isWorking = batch.Length > 0;
            }

            if (batch.Length == 0)
                return;
            await DoAsync(batch, ct);
        }
    }

    private async Task DoAsync(Order[] batch, CancellationToken ct)
    {
        try
        {
            ct.ThrowIfCancellationRequested();
            _leader = batch[0].Package;
            await call([.. batch.Select(o => o.Package).Distinct(StringComparer.Ordinal)], ct);
            foreach (var order in batch)
                order.Done.TrySetResult();
        }
        catch (Exception e) when (batch.Length == 1 || ct.IsCancellationRequested || e is CloudletException { CanRetry: true })
        {
            foreach (var order in batch)
                order.Done.TrySetException(e);
        }
        catch (Exception)
        {
            // Single calls show which of them failed.
            foreach (var order in batch)
                await DoAsync([order], ct);
        }
        finally
        {
            _leader = null;
        }
    }

    private sealed record Order(string Package, TaskCompletionSource Done);
}
