using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Reads the candidates of a store beside the base, compares and hashes them on all processors, and gives those that differ to the classifier in their order.</summary>
internal sealed class StoreScan(PageClassifier classifier, IProgress<long>? progress, CancellationToken ct)
{
    private static readonly int Lanes = Environment.ProcessorCount;

    private long _done;

    /// <summary>Goes through a store.</summary>
    /// <param name="space">Which one it is.</param>
    /// <param name="store">The VM's.</param>
    /// <param name="before">The base's.</param>
    /// <param name="batchPages">Pages that one processor takes at once.</param>
    public void Run(PageSpace space, ChangedStore store, IPageReader before, int batchPages)
    {
        var lanes = Enumerable.Range(0, Lanes).Select(_ => new Lane(batchPages)).ToArray();
        using var batches = Batches(store.Candidates, batchPages).GetEnumerator();
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var used = 0;
            while (used < Lanes && batches.MoveNext())
                lanes[used++].Run = batches.Current;
            if (used == 0)
                return;
            if (used == 1)
                lanes[0].Look(store.Pages, before);
            else
                Parallel.For(0, used, i => lanes[i].Look(store.Pages, before));
            foreach (var lane in lanes.AsSpan(0, used))
            {
                lane.Tell(space, classifier);
                progress?.Report(_done += lane.Run.Count);
            }
        }
    }

    private static IEnumerable<PageRun> Batches(IReadOnlyList<PageRun> runs, int most)
    {
        foreach (var run in runs)
            for (var start = run.Start; start < run.End; start += most)
                yield return new PageRun(start, Math.Min(most, run.End - start));
    }

    /// <summary>What one processor works on.</summary>
    private sealed class Lane(int pages)
    {
        private readonly byte[] _now = new byte[pages * PageSize.Bytes];
        private readonly byte[] _before = new byte[pages * PageSize.Bytes];
        private readonly ulong?[] _hashes = new ulong?[pages];
        private readonly bool[] _differs = new bool[pages];

        public PageRun Run { get; set; }

        public void Look(IPageReader store, IPageReader baseStore)
        {
            var length = (int)Run.Count * PageSize.Bytes;
            store.Read(Run.Start * PageSize.Bytes, _now.AsSpan(0, length));
            baseStore.Read(Run.Start * PageSize.Bytes, _before.AsSpan(0, length));
            for (var i = 0; i < Run.Count; i++)
            {
                var page = Page(_now, i);
                _differs[i] = !page.SequenceEqual(Page(_before, i));
                _hashes[i] = _differs[i] && page.ContainsAnyExcept((byte)0) ? PageHash.Of(page) : null;
            }
        }

        public void Tell(PageSpace space, PageClassifier classifier)
        {
            for (var i = 0; i < Run.Count; i++)
                if (_differs[i])
                    classifier.Add(space, Run.Start + i, Page(_now, i), Page(_before, i), _hashes[i]);
        }

        private static Span<byte> Page(byte[] pages, int number) => pages.AsSpan(number * PageSize.Bytes, PageSize.Bytes);
    }
}
