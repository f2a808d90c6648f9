using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Reads the candidates of a store beside the base, compares and hashes them on all processors, and gives those that differ to the classifier in their order.</summary>
internal sealed class StoreScan(PageClassifier classifier, IProgress<long>? progress, CancellationToken ct)
{
    private const int BatchPages = 512; // what one processor takes at once
    private const int StepPages = 32; // two buffers of them fit into its own cache

    /// <summary>Enough that no processor waits for the one that tells; 4 MiB each, so no more than that on a large machine.</summary>
    private static readonly int Lanes = Math.Min(12, 3 * Environment.ProcessorCount);

    private readonly Stack<Lane> _idle = new(Enumerable.Range(0, Lanes).Select(_ => new Lane()));
    private long _done;

    /// <summary>Goes through a store.</summary>
    /// <param name="space">Which one it is.</param>
    /// <param name="store">The VM's.</param>
    /// <param name="before">The base's.</param>
    public void Run(PageSpace space, ChangedStore store, IPageReader before)
    {
        var looking = new Queue<(Lane Lane, Task Look)>();
        try
        {
            foreach (var batch in Batches(store.Candidates))
            {
                ct.ThrowIfCancellationRequested();
                if (_idle.Count == 0)
                    Tell(space, looking);
                var lane = _idle.Pop();
                looking.Enqueue((lane, Task.Run(() => lane.Look(batch, store.Pages, before), ct)));
            }

            while (looking.Count > 0)
                Tell(space, looking);
        }
        finally
        {
            // Whoever called closes the stores next.
            WorkUnderWay.Settle(looking.Select(l => l.Look));
        }
    }

    /// <summary>Waits for the batch that was taken first, which keeps the pages in their order however the processors share the work.</summary>
    private void Tell(PageSpace space, Queue<(Lane Lane, Task Look)> looking)
    {
        var (lane, look) = looking.Peek();
        look.GetAwaiter().GetResult();
        looking.Dequeue();
        lane.Tell(space, classifier);
        progress?.Report(_done += lane.Looked);
        _idle.Push(lane);
    }

    private static IEnumerable<PageRun> Batches(IReadOnlyList<PageRun> runs)
    {
        foreach (var run in runs)
            for (var start = run.Start; start < run.End; start += BatchPages)
                yield return new PageRun(start, Math.Min(BatchPages, run.End - start));
    }

    /// <summary>What one processor works on: what differs in a batch, one page behind the other.</summary>
    private sealed class Lane
    {
        private readonly byte[] _now = GC.AllocateUninitializedArray<byte>(BatchPages * PageSize.Bytes);
        private readonly byte[] _before = GC.AllocateUninitializedArray<byte>(BatchPages * PageSize.Bytes);
        private readonly ulong?[] _hashes = new ulong?[BatchPages];
        private readonly long[] _pages = new long[BatchPages];
        private int _differ;

        /// <summary>Pages looked at.</summary>
        public long Looked { get; private set; }

        public void Look(PageRun run, IPageReader store, IPageReader baseStore)
        {
            (_differ, Looked) = (0, run.Count);
            for (var start = run.Start; start < run.End; start += StepPages)
            {
                // Into the place behind what is known to differ: as long as nothing does, that is the same place, which stays in the processor's own cache.
                var (first, count) = (_differ, (int)Math.Min(StepPages, run.End - start));
                store.Read(start * PageSize.Bytes, Pages(_now, first, count));
                baseStore.Read(start * PageSize.Bytes, Pages(_before, first, count));
                for (var i = 0; i < count; i++)
                    if (!Pages(_now, first + i, 1).SequenceEqual(Pages(_before, first + i, 1)))
                        Keep(start + i, first + i);
            }
        }

        public void Tell(PageSpace space, PageClassifier classifier)
        {
            for (var i = 0; i < _differ; i++)
                classifier.Add(space, _pages[i], Pages(_now, i, 1), Pages(_before, i, 1), _hashes[i]);
        }

        private void Keep(long page, int place)
        {
            if (place != _differ)
            {
                Pages(_now, place, 1).CopyTo(Pages(_now, _differ, 1));
                Pages(_before, place, 1).CopyTo(Pages(_before, _differ, 1));
            }

            var content = Pages(_now, _differ, 1);
            _pages[_differ] = page;
            _hashes[_differ++] = content.ContainsAnyExcept((byte)0) ? PageHash.Of(content) : null;
        }

        private static Span<byte> Pages(byte[] pages, int first, int count) => pages.AsSpan(first * PageSize.Bytes, count * PageSize.Bytes);
    }
}
