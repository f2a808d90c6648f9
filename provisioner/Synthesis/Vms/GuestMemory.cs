using System.Globalization;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Vms;

/// <summary>
/// The memory of a guest whose QEMU maps a base's memory file privately. A page that nobody changed is the base's, shared with every other VM; the changed ones are anonymous pages of that mapping, and the kernel tells which
/// (Documentation/admin-guide/mm/pagemap.rst). The guest must be paused for what is read to be one moment.
/// </summary>
public sealed class GuestMemory : IPageReader, IPageWriter, IDisposable
{
    private const ulong IsPresent = 1UL << 63, IsSwapped = 1UL << 62, IsOfFile = 1UL << 61;
    private const int Chunk = 64 << 10; // entries of pagemap read at once: half a MiB, for 256 MiB of guest

    private readonly IReadOnlyList<Mapping> _mappings;
    private readonly SafeFileHandle _memory;
    private readonly SafeFileHandle _pagemap;
    private readonly int _pid;

    private GuestMemory(int pid, long length, IReadOnlyList<Mapping> mappings)
    {
        (_pid, Length, _mappings) = (pid, length, mappings);
        _pagemap = Open(pid, "pagemap", FileAccess.Read);
        _memory = Open(pid, "mem", FileAccess.ReadWrite);
    }

    /// <inheritdoc cref="IPageReader.Length"/>
    public long Length { get; }

    /// <summary>The memory of a process's guest. NotFound when the process does not map the whole of the file, PermissionDenied when it is not ours to look into.</summary>
    /// <param name="pid">QEMU's process.</param>
    /// <param name="memoryFile">The base's memory, by its absolute path.</param>
    /// <param name="length">Bytes of it.</param>
    public static GuestMemory Of(int pid, string memoryFile, long length)
    {
        var found = new List<Mapping>();
        foreach (var line in Lines(pid))
            if (Parse(line, memoryFile) is { } mapping)
                found.Add(mapping);
        found.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        var covered = 0L;
        foreach (var mapping in found.TakeWhile(m => m.Offset == covered))
            covered = mapping.End;
        if (covered < length)
            throw new CloudletException(ErrorKind.NotFound, $"process {pid} maps {covered} of {length} bytes of {memoryFile}: it is no VM that was resumed from that base, or it has ended");
        return new GuestMemory(pid, length, found);
    }

    /// <summary>The pages that are not the base's any more, in their order. A page that was written with what it held before is among them.</summary>
    public IReadOnlyList<PageRun> PrivateRuns()
    {
        var runs = new List<PageRun>();
        var entries = new ulong[Chunk];
        foreach (var mapping in _mappings)
            for (var offset = mapping.Offset; offset < Math.Min(mapping.End, Length); offset += (long)Chunk * PageSize.Bytes)
            {
                var count = (int)Math.Min(Chunk, (Math.Min(mapping.End, Length) - offset) / PageSize.Bytes);
                var chunk = entries.AsSpan(0, count);
                ReadAll(_pagemap, MemoryMarshal.AsBytes(chunk), mapping.Address(offset) / PageSize.Bytes * sizeof(ulong));
                AddRuns(runs, chunk, offset / PageSize.Bytes);
            }

        return runs;
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var (address, room) = Find(offset);
            var part = into[..(int)Math.Min(room, into.Length)];
            ReadAll(_memory, part, address);
            offset += part.Length;
            into = into[part.Length..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> pages)
    {
        while (pages.Length > 0)
        {
            var (address, room) = Find(offset);
            var part = pages[..(int)Math.Min(room, pages.Length)];
            try
            {
                RandomAccess.Write(_memory, part, address);
            }
            catch (IOException e)
            {
                throw Gone(e);
            }

            offset += part.Length;
            pages = pages[part.Length..];
        }
    }

    /// <summary>Closes it; the guest is not touched.</summary>
    public void Dispose()
    {
        _memory.Dispose();
        _pagemap.Dispose();
    }

    private static void AddRuns(List<PageRun> runs, ReadOnlySpan<ulong> entries, long first)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (!IsPrivate(entries[i]))
                continue;
            var start = i;
            while (i + 1 < entries.Length && IsPrivate(entries[i + 1]))
                i++;
            var run = new PageRun(first + start, i + 1 - start);
            if (runs.Count > 0 && runs[^1].End == run.Start)
                runs[^1] = new PageRun(runs[^1].Start, runs[^1].Count + run.Count);
            else
                runs.Add(run);
        }
    }

    private static bool IsPrivate(ulong entry) => (entry & IsSwapped) != 0 || (entry & (IsPresent | IsOfFile)) == IsPresent;

    /// <summary>A line of /proc/PID/maps (proc(5)): <c>start-end perms offset device inode path</c>; null when it is of another file.</summary>
    private static Mapping? Parse(string line, string file)
    {
        var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 6 || fields[5] != file || !fields[1].StartsWith("rw", StringComparison.Ordinal) || fields[1][3] != 'p')
            return null;
        var addresses = fields[0].Split('-');
        var start = Hex(addresses[0]);
        return new Mapping(start, Hex(fields[2]), Hex(addresses[1]) - start);
    }

    private static long Hex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string[] Lines(int pid)
    {
        try
        {
            return File.ReadAllLines($"/proc/{pid}/maps");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static SafeFileHandle Open(int pid, string name, FileAccess access)
    {
        try
        {
            return File.OpenHandle($"/proc/{pid}/{name}", FileMode.Open, access, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.PermissionDenied, $"opened /proc/{pid}/{name}: {e.Message} Run it as root, or as the user of the VM where the kernel lets users look into their own processes (kernel.yama.ptrace_scope=0)", e);
        }
    }

    private void ReadAll(SafeFileHandle file, Span<byte> into, long offset)
    {
        while (into.Length > 0)
        {
            int read;
            try
            {
                read = RandomAccess.Read(file, into, offset);
            }
            catch (IOException e)
            {
                throw Gone(e);
            }

            if (read == 0)
                throw Gone(null);
            offset += read;
            into = into[read..];
        }
    }

    private CloudletException Gone(Exception? cause) => new(ErrorKind.ProcessFailed, $"looked into the memory of process {_pid}, and it was gone: QEMU has ended", cause);

    private (long Address, long Room) Find(long offset)
    {
        foreach (var mapping in _mappings)
            if (offset >= mapping.Offset && offset < mapping.End)
                return (mapping.Address(offset), mapping.End - offset);
        throw new ArgumentOutOfRangeException(nameof(offset), offset, $"guest memory has {Length} bytes");
    }

    /// <summary>A piece of the file in the process's memory.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Mapping(long Start, long Offset, long Length)
    {
        public long End => Offset + Length;

        public long Address(long offset) => Start + (offset - Offset);
    }
}
