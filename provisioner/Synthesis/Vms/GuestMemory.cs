using System.Globalization;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Vms;

/// <summary>
/// The memory of a guest whose QEMU maps a base's memory file privately. Unchanged pages are the base's, shared by all VMs; changed ones
/// are anonymous pages of the mapping, which the kernel reports (Documentation/admin-guide/mm/pagemap.rst). The guest must be paused for a
/// consistent state.
/// </summary>
public sealed class GuestMemory : IPageReader, IPageWriter, IDisposable
{
    private const ulong IsPresent = 1UL << 63,
        IsSwapped = 1UL << 62,
        IsOfFile = 1UL << 61;
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

    /// <summary>
    /// Opens the memory of a QEMU process's guest. NotFound when the process does not map the whole file, PermissionDenied when this user
    /// may not read its memory.
    /// </summary>
    /// <param name="pid">QEMU's process.</param>
    /// <param name="memoryFile">Absolute path of the base's memory.</param>
    /// <param name="length">Its length in bytes.</param>
    public static GuestMemory Of(int pid, string memoryFile, long length)
    {
        if (Environment.SystemPageSize != PageSize.Bytes)
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"can't read the memory of a VM: expected a kernel with pages of {PageSize.Bytes} bytes, found "
                    + $"{Environment.SystemPageSize}"
            );
        var found = new List<Mapping>();
        foreach (var line in Lines(pid))
            if (Parse(line, memoryFile) is { } mapping)
                found.Add(mapping);
        found.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        var covered = 0L;
        foreach (var mapping in found.TakeWhile(m => m.Offset == covered))
            covered = mapping.End;
        if (covered < length)
            throw new CloudletException(
                ErrorKind.NotFound,
                $"process {pid} maps {covered} of {length} bytes of {memoryFile}: it is not a VM of that base, or " + "it has ended"
            );
        return new GuestMemory(pid, length, found);
    }

    /// <summary>The changed pages, in order. It includes pages that were written with the same content.</summary>
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

    /// <summary>Closes the files; the guest is not affected.</summary>
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

    /// <summary>
    /// A line of /proc/PID/maps (proc(5)): <c>start-end perms offset device inode path</c>; null when it maps another file.
    /// </summary>
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
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"can't open /proc/{pid}/{name}: {e.Message} Run it as root, or as the user of the VM where the kernel lets users "
                    + "read the memory of their own processes (kernel.yama.ptrace_scope=0)",
                e
            );
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

    private CloudletException Gone(Exception? cause) =>
        new(ErrorKind.ProcessFailed, $"can't read the memory of process {_pid}: QEMU has exited", cause);

    private (long Address, long Room) Find(long offset)
    {
        foreach (var mapping in _mappings)
            if (offset >= mapping.Offset && offset < mapping.End)
                return (mapping.Address(offset), mapping.End - offset);
        throw new ArgumentOutOfRangeException(nameof(offset), offset, $"guest memory has {Length} bytes");
    }

    /// <summary>A mapping of a part of the file.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Mapping(long Start, long Offset, long Length)
    {
        public long End => Offset + Length;

        public long Address(long offset) => Start + (offset - Offset);
    }
}
