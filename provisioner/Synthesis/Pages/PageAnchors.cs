using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Pages;

/// <summary>A window of a page that was chosen by its content.</summary>
/// <param name="Key">Hash of its bytes.</param>
/// <param name="Offset">Its offset in the page.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PageAnchor(uint Key, int Offset);

/// <summary>
/// Chooses windows of 32 bytes by their content alone, so that the same content yields the same windows at any offset. Moved content is
/// found by them. A rolling hash chooses one in 128 (gear hash: Xia and others, "Ddelta", 2014).
/// </summary>
internal static class PageAnchors
{
    /// <summary>Bytes of a window: the rolling hash has 32 bits, and so depends on the last 32 bytes.</summary>
    public const int Window = 32;

    /// <summary>Most anchors of a page.</summary>
    public const int Most = 96;

    private const uint Chosen = 1u << 25; // one hash in 2^7 is less
    private const int Apart = 16; // least bytes between two anchors: repetitive content would give hundreds

    private static readonly uint[] GearTable = Gear();

    /// <summary>Finds the anchors of a page; returns their number.</summary>
    /// <param name="page">A page.</param>
    /// <param name="into">Receives as many as fit, in ascending order of their offsets.</param>
    public static int Of(ReadOnlySpan<byte> page, Span<PageAnchor> into)
    {
        var (hash, count, next) = (0u, 0, Window - 1);
        var gear = GearTable.AsSpan(0, 256);
        for (var i = 0; i < page.Length; i++)
        {
            hash = (hash << 1) + gear[page[i]];
            if (hash >= Chosen || i < next)
                continue;
            var window = page.Slice(i - Window + 1, Window);
            if (IsOneWord(window))
                continue;
            into[count++] = new PageAnchor((uint)(XxHash3.HashToUInt64(window) >> 32), i - Window + 1);
            if (count == into.Length)
                break;
            next = i + Apart;
        }

        return count;
    }

    /// <summary>True when the window repeats one word, which is frequent and so identifies nothing.</summary>
    private static bool IsOneWord(ReadOnlySpan<byte> window)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(window);
        return words[0] == words[1] && words[1] == words[2] && words[2] == words[3];
    }

    /// <summary>
    /// Pseudo-random numbers, the same in every process because indexes are stored: SplitMix64 (Steele and others, 2014).
    /// </summary>
    private static uint[] Gear()
    {
        var numbers = new uint[256];
        var state = 0UL;
        foreach (ref var number in numbers.AsSpan())
        {
            var mixed = state += 0x9E3779B97F4A7C15;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            number = (uint)(mixed >> 32);
        }

        return numbers;
    }
}
