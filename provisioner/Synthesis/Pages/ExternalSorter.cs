using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Pages;

/// <summary>
/// Sorts any number of keys with their places in little memory, by temporary files for ranges of keys, which are sorted one by one.
/// </summary>
internal sealed class ExternalSorter : IDisposable
{
    private const int PartBits = 5,
        Kept = 1024; // entries of each part that are buffered in memory

    private readonly Part[] _parts;

    /// <summary>Makes the files.</summary>
    /// <param name="path">Prefix of their names.</param>
    public ExternalSorter(string path) => _parts = [.. Enumerable.Range(0, 1 << PartBits).Select(i => new Part($"{path}.{i}"))];

    /// <summary>Adds an entry. Keys should be uniformly distributed over 64 bits.</summary>
    public void Add(ulong key, long place) => _parts[key >> (64 - PartBits)].Add(new Entry(key, place));

    /// <summary>All entries, ascending by key, then by place.</summary>
    public IEnumerable<(ulong Key, long Place)> Sorted()
    {
        foreach (var part in _parts)
        foreach (var entry in part.Sorted())
            yield return (entry.Key, entry.Place);
    }

    /// <summary>Removes the files.</summary>
    public void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Entry(ulong Key, long Place);

    private sealed class Part(string path) : IDisposable
    {
        private readonly Entry[] _waiting = new Entry[Kept];
        private readonly StagedFile _staged = new(path);
        private FileStream? _file;
        private int _count;

        public void Add(Entry entry)
        {
            _waiting[_count++] = entry;
            if (_count < Kept)
                return;
            _file ??= _staged.Open();
            _file.Write(MemoryMarshal.AsBytes(_waiting.AsSpan()));
            _count = 0;
        }

        public Entry[] Sorted()
        {
            var bytes = _file?.Position ?? 0;
            var all = new Entry[(bytes / Marshal.SizeOf<Entry>()) + _count];
            if (_file is not null)
            {
                _file.Position = 0;
                var from = MemoryMarshal.AsBytes(all.AsSpan(0, all.Length - _count));
                if (_file.ReadAtLeast(from, from.Length, throwOnEndOfStream: false) < from.Length)
                    throw new CloudletException(ErrorKind.Unexpected, $"{path} was truncated while a base was being indexed; try again");
            }

            _waiting.AsSpan(0, _count).CopyTo(all.AsSpan(all.Length - _count));
            all.AsSpan().Sort(static (a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : a.Place.CompareTo(b.Place));
            return all;
        }

        public void Dispose()
        {
            _file?.Dispose();
            _staged.Dispose();
        }
    }
}
