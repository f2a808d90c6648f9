using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Reads the candidate pages of a store and the base's, compares and hashes them on all processors, and passes those that differ to the
/// classifier in order.
/// </summary>
internal sealed class StoreScan(PageClassifier classifier, IProgress<long>? progress, CancellationToken ct)
{
    private const int BatchPages = 512; // the unit of work of one worker
    private const int StepPages = 32; // two buffers of this size fit into a core's cache

    /// <summary>Enough that no processor waits for the classifier. Each takes 2 MiB, hence the limit for large machines.</summary>
    private static readonly int WorkerCount = Math.Min(12, 3 * Environment.ProcessorCount);

    private readonly Stack<ScanWorker> _idle = new(Enumerable.Range(0, WorkerCount).Select(_ => new ScanWorker()));
    private long _done;

    /// <summary>Scans a store.</summary>
    /// <param name="space">Disk or memory.</param>
    /// <param name="store">The VM's store.</param>
    /// <param name="before">The base's store.</param>
    public void Run(PageSpace space, ChangedStore store, IPageReader before)
    {
        var pending = new Queue<(ScanWorker Worker, Task Comparison)>();
        try
        {
            foreach (var batch in Batches(store.Candidates))
            {
                ct.ThrowIfCancellationRequested();
                if (_idle.Count == 0)
                    PassOldest(space, pending);
                var worker = _idle.Pop();
                pending.Enqueue((worker, Task.Run(() => worker.Compare(batch, store.Pages, before), ct)));
            }

            while (pending.Count > 0)
                PassOldest(space, pending);
        }
        finally
        {
            // The caller closes the stores next.
            WorkUnderWay.Drain(pending.Select(p => p.Comparison));
        }
    }

    /// <summary>Waits for the oldest batch, so that pages stay in order however the work is shared.</summary>
    private void PassOldest(PageSpace space, Queue<(ScanWorker Worker, Task Comparison)> pending)
    {
        var (worker, comparison) = pending.Peek();
        comparison.GetAwaiter().GetResult();
        pending.Dequeue();
        worker.PassTo(space, classifier);
        progress?.Report(_done += worker.Compared);
        _idle.Push(worker);
    }

    private static IEnumerable<PageRun> Batches(IReadOnlyList<PageRun> runs)
    {
        foreach (var run in runs)
            for (var start = run.Start; start < run.End; start += BatchPages)
                yield return new PageRun(start, Math.Min(BatchPages, run.End - start));
    }

    /// <summary>Compares the pages of a batch, and keeps those that differ one after the other.</summary>
    private sealed class ScanWorker
    {
        private readonly byte[] _now = GC.AllocateUninitializedArray<byte>(BatchPages * PageSize.Bytes);
        private readonly byte[] _before = new byte[StepPages * PageSize.Bytes];
        private readonly ulong?[] _hashes = new ulong?[BatchPages];
        private readonly long[] _pages = new long[BatchPages];
        private int _differ;

        /// <summary>Number of pages compared.</summary>
        public long Compared { get; private set; }

        public void Compare(PageRun run, IPageReader store, IPageReader baseStore)
        {
            (_differ, Compared) = (0, run.Count);
            for (var start = run.Start; start < run.End; start += StepPages)
            {
                // Read into the buffer after the pages that differ: while none does, that is the same place, which stays in the core's
                // cache.
                var (first, count) = (_differ, (int)Math.Min(StepPages, run.End - start));
                store.Read(start * PageSize.Bytes, Pages(_now, first, count));
                baseStore.Read(start * PageSize.Bytes, Pages(_before, 0, count));
                for (var i = 0; i < count; i++)
                    if (!Pages(_now, first + i, 1).SequenceEqual(Pages(_before, i, 1)))
                        Keep(start + i, first + i);
            }
        }

        public void PassTo(PageSpace space, PageClassifier classifier)
        {
            for (var i = 0; i < _differ; i++)
                classifier.Add(space, _pages[i], Pages(_now, i, 1), _hashes[i]);
        }

        private void Keep(long page, int place)
        {
            if (place != _differ)
                Pages(_now, place, 1).CopyTo(Pages(_now, _differ, 1));

            var content = Pages(_now, _differ, 1);
            _pages[_differ] = page;
            _hashes[_differ++] = content.ContainsAnyExcept((byte)0) ? PageHash.Of(content) : null;
        }

        private static Span<byte> Pages(byte[] pages, int first, int count) => pages.AsSpan(first * PageSize.Bytes, count * PageSize.Bytes);
    }
}
