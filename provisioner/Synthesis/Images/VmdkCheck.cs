using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Images;

/// <summary>
/// Checks the structure of a VMDK in one file (VMware, Virtual Disk Format 5.0), sparse or stream-optimized: its grains are in the file,
/// both copies of its tables are equal, and they list every grain of the file.
/// </summary>
internal sealed partial class VmdkCheck
{
    private const uint HasCopy = 1 << 1,
        HasZeros = 1 << 2,
        IsCompressed = 1 << 16,
        HasMarkers = 1 << 17;
    private const int TableEntries = 512,
        Sector = DiskSize.Sector;
    private const uint ZeroGrain = 1;

    private readonly ImageFile _file;
    private readonly byte[] _header;
    private readonly List<long> _grains = [];

    private VmdkCheck(ImageFile file, byte[] header) => (_file, _header) = (file, header);

    private uint Flags => _header.Little32(8);

    private long Capacity => (long)_header.Little64(12);

    private long Grain => (long)_header.Little64(20);

    private long Front => (long)_header.Little64(64);

    private bool IsStream => (Flags & (IsCompressed | HasMarkers)) != 0;

    /// <summary>Checks an image. InvalidInput when it is incomplete or names another file.</summary>
    public static ImageFacts Run(ImageFile file)
    {
        var header = file.Read(0, Sector, "the header");
        if (header.Little64(12) == 0)
            throw ImageFile.Damaged("it is a VMDK whose data are in other files: convert it to one file where those are");
        if (header.Little64(56) == ulong.MaxValue)
            header = Footer(file, header);
        return new VmdkCheck(file, header).Run();
    }

    /// <summary>The header that a stream-optimized image repeats at its end, with the position of its tables.</summary>
    private static byte[] Footer(ImageFile file, byte[] header)
    {
        var (footer, end) = (
            file.Read(file.Length - (2 * Sector), Sector, "the footer"),
            file.Read(file.Length - Sector, Sector, "the end mark")
        );
        if (!footer.AsSpan(0, 56).SequenceEqual(header.AsSpan(0, 56)) || end.AsSpan().ContainsAnyExcept((byte)0))
            throw ImageFile.Damaged("it was cut short or is damaged: it does not end with a footer and an end mark");
        return footer;
    }

    private ImageFacts Run()
    {
        RequireHeader();
        RequireDescriptor();
        var tables = Numbers.Parts(Numbers.Parts(Capacity, Grain), TableEntries);
        var first = _file.Read((long)_header.Little64(56) * Sector, tables * 4, "the directory of tables");
        var copy =
            (Flags & HasCopy) != 0 && _header.Little64(48) is not 0 and var at
                ? _file.Read((long)at * Sector, tables * 4, "the copy of the directory")
                : null;
        for (var i = 0L; i < tables; i++)
        {
            var table = Table(first.Little32(i * 4));
            if (copy is not null && !(Table(copy.Little32(i * 4)) ?? []).AsSpan().SequenceEqual(table))
                throw ImageFile.Damaged($"it is damaged: the two copies of its table {i} differ");
            for (var j = 0L; table is not null && j < TableEntries; j++)
                Look(table.Little32(j * 4), (i * TableEntries) + j);
        }

        if (IsStream)
            RequireMarkers();
        else
            RequirePacked();
        return new ImageFacts(Capacity * Sector, _grains.Count * Grain * Sector);
    }

    private void RequireHeader()
    {
        const uint known = 1 | HasCopy | HasZeros | IsCompressed | HasMarkers;
        const long mostGrain = 2048;
        if (_header.Little32(4) is < 1 or > 3 || (Flags & ~known) != 0 || _header.Little32(44) != TableEntries)
            throw ImageFile.Damaged(
                $"its VMDK version {_header.Little32(4)} or flags 0x{Flags:x} are unknown: convert it (qemu-img " + "convert -O qcow2)"
            );
        if (IsStream != ((Flags & IsCompressed) != 0 && (Flags & HasMarkers) != 0) || _header[77] != (IsStream ? 1 : 0) || _header[78] != 0)
            throw ImageFile.Damaged("its compression is unknown");
        if (_header[72] != 0)
            throw ImageFile.Damaged("it was not closed properly: check it where it was made");
        if (Grain is < 1 or > mostGrain || !BitOperations.IsPow2(Grain))
            throw ImageFile.Damaged($"its grains have {Grain} sectors: expected a power of two up to {mostGrain}");
        if (Capacity is < 1 or > DiskSize.Most / Sector)
            throw ImageFile.Damaged($"its disk has {Capacity} sectors of {Sector} bytes: expected 1 to {DiskSize.Most / Sector}");
        if (!_header.AsSpan(73, 4).SequenceEqual("\n \r\n"u8))
            throw ImageFile.Damaged("it was damaged by a transfer in text mode: fetch it again");
        if (Front < 1 || Front > _file.Length / Sector)
            throw ImageFile.Damaged(
                $"it was cut short or is damaged: its data begin at sector {Front}, and the file has {_file.Length} bytes"
            );
    }

    /// <summary>Checks the descriptor, which lists the files of the disk: it may list this one only.</summary>
    private void RequireDescriptor()
    {
        const long most = 1 << 20;
        var (at, length) = ((long)_header.Little64(28) * Sector, (long)_header.Little64(36) * Sector);
        if (at < 1 || length is < 1 or > most)
            throw ImageFile.Damaged("it has no description of its disk");
        var text = Encoding.Latin1.GetString(_file.Read(at, length, "the description")).TrimEnd('\0');
        if (ParentPattern().IsMatch(text) || !NoParentPattern().IsMatch(text))
            throw ImageFile.Damaged("it has a backing file (it is a difference to another image): flatten it where it was made");
        if (
            ExtentPattern().Matches(text) is not [var extent]
            || extent.Groups["sectors"].Value != $"{Capacity}"
            || extent.Groups["kind"].Value != "SPARSE"
        )
            throw ImageFile.Damaged("its description names other files, or another size: convert it to one file where those are");
        if (!TypePattern().IsMatch(text))
            throw ImageFile.Damaged("its type is unknown: convert it (qemu-img convert -O qcow2)");
    }

    private byte[]? Table(long sector) => sector == 0 ? null : _file.Read(sector * Sector, TableEntries * 4, "a table");

    private void Look(uint entry, long number)
    {
        if (entry == 0 || (entry == ZeroGrain && (Flags & HasZeros) != 0))
            return;
        var left = Capacity - (number * Grain);
        if (left <= 0 || entry < Front)
            throw ImageFile.Damaged($"the entry of grain {number} is damaged ({entry})");
        _grains.Add(entry);
        if (!IsStream)
        {
            _file.Require((long)entry * Sector, Math.Min(Grain, left) * Sector, $"grain {number}");
            return;
        }

        var marker = _file.Read((long)entry * Sector, 12, $"grain {number}");
        if (marker.Little64(0) != (ulong)(number * Grain) || marker.Little32(8) == 0)
            throw ImageFile.Damaged($"the entry of grain {number} is damaged: another grain is at sector {entry}");
        _file.Require(((long)entry * Sector) + 12, marker.Little32(8), $"grain {number}");
    }

    /// <summary>Requires that the grains follow each other up to the end of the file.</summary>
    private void RequirePacked()
    {
        _grains.Sort();
        for (var i = 1; i < _grains.Count; i++)
            if (_grains[i] < _grains[i - 1] + Grain)
                throw ImageFile.Damaged($"two grains overlap at sector {_grains[i]}");
        var room = Numbers.Parts(_file.Length, Sector) - Front;
        if (room - (_grains.Count * Grain) >= Grain)
            throw ImageFile.Damaged(
                $"it is damaged: it has room for {room / Grain} grains, and its tables list {_grains.Count}. Convert it "
                    + "where it was made if you know that no data are lost (qemu-img convert "
                    + "-O qcow2)"
            );
    }

    /// <summary>Counts the grains of a stream, whose markers tell their lengths, and compares them with the tables.</summary>
    private void RequireMarkers()
    {
        const int markerLength = 16,
            grainHead = 12,
            endMark = 0,
            lastKind = 3;
        var found = 0L;
        for (var at = Front * Sector; at < _file.Length; )
        {
            var marker = _file.Read(at, markerLength, "a mark");
            var (value, size, kind) = ((long)marker.Little64(0), marker.Little32(8), marker.Little32(12));
            if (size > 0)
            {
                _file.Require(at + grainHead, size, "a grain");
                found++;
                at += Numbers.Parts(grainHead + (long)size, Sector) * Sector;
            }
            else if (kind == endMark && value == 0)
            {
                break;
            }
            else if (kind is > endMark and <= lastKind && value >= 0 && value <= _file.Length / Sector)
            {
                at += (1 + value) * Sector;
            }
            else
            {
                throw ImageFile.Damaged($"it is damaged: expected the marker of a grain at byte {at}");
            }
        }

        if (found != _grains.Count || _grains.Distinct().Count() != _grains.Count)
            throw ImageFile.Damaged($"it is damaged: it has {found} grains, and its tables list {_grains.Count}");
    }

    [GeneratedRegex("^parentFileNameHint", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ParentPattern();

    [GeneratedRegex("^parentCID=ffffffff\r?$", RegexOptions.Multiline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex NoParentPattern();

    [GeneratedRegex(
        "^(RW|RDONLY|NOACCESS) (?<sectors>[0-9]+) (?<kind>[A-Z]+)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex ExtentPattern();

    [GeneratedRegex(
        "^createType=\"(monolithicSparse|streamOptimized)\"\r?$",
        RegexOptions.Multiline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex TypePattern();
}
