using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Pages;

/// <summary>Sorts any number of keys with their places in little memory: they wait in files, each of which takes a part of the keys and is sorted for itself.</summary>
internal sealed class KeyedPlaces : IDisposable
{
    private const int PartBits = 5, Kept = 1024; // entries of each part that wait in memory

    private readonly Part[] _parts;

    /// <summary>Makes the files.</summary>
    /// <param name="path">They are named after it.</param>
    public KeyedPlaces(string path) => _parts = [.. Enumerable.Range(0, 1 << PartBits).Select(i => new Part($"{path}.{i}"))];

    /// <summary>Takes an entry. Keys should fill their 64 bits evenly.</summary>
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
                    throw new CloudletException(ErrorKind.Unexpected, $"{path} became shorter while a base was being indexed");
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
