using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// Predicts bytes bit by bit from the bytes before them and from the likely matching bytes of the base, and codes them. Each of several
/// contexts has a table of what followed it; a small network learns how to weigh them (Mahoney, "Adaptive weighing of context models",
/// 2005). It takes about a microsecond a byte, so it is only used for the little that is not in the base. docs/formats/overlay.md defines
/// every bit.
/// </summary>
internal sealed class ContextModel : IDisposable
{
    private const int Contexts = 10,
        Orders = 6; // the first of them are the last 0 to 4 bytes, and 6
    private const int Match = Contexts,
        Bias = Contexts + 1,
        Inputs = Contexts + 2;
    private const int LineSlots = 16; // of a context and four bits: a check, and a slot for each prefix of the four
    private const int LeastLines = 1 << 10,
        MostLines = 1 << 15;
    private const int HitSets = 4;
    private const int ShortestMatch = 5,
        LongestSeen = 32,
        LongestCounted = 31,
        MatchBits = 16;
    private const int ProbabilityBits = 22,
        CountBits = 10,
        MostCount = (1 << CountBits) - 1;
    private const uint Even = 1u << 31;
    private const int FirstWeight = 22_000,
        MostWeight = (1 << 19) - 1,
        Rate = 8;
    private const int Seen = 127; // uses of a slot after which its learning rate stays
    private const int Refined = 5 * 256,
        Steps = 33; // contexts of the refinement, and steps between the least and the largest probability
    private const int Margin = 24; // 65536ths that are kept for the less likely bit

    /// <summary>How far a probability moves towards the coded bit, in 65536ths, by how often its slot was used.</summary>
    private static readonly int[] StepTable = [.. Enumerable.Range(0, MostCount + 1).Select(n => 655_360 / ((10 * n) + 16))];

    private readonly BitCoder _coder;
    private readonly byte[] _text;
    private readonly uint[] _slots;
    private readonly uint _lineMask;
    private readonly int[] _lines = new int[Contexts];
    private readonly uint[] _hashes = new uint[Contexts];
    private readonly int[] _inputs = new int[Inputs];
    private readonly int[] _weights = new int[Orders * HitSets * Inputs];
    private readonly uint[] _matchSlots = new uint[2 * (LongestCounted + 1)];
    private readonly uint[] _refined = new uint[Refined * Steps];
    private readonly int[] _seen = new int[1 << MatchBits];
    private int _matched,
        _matchLength,
        _candidate,
        _hits,
        _known;
    private uint _word;

    /// <summary>Starts a model for one text.</summary>
    /// <param name="coder">Writes or reads the bits.</param>
    /// <param name="text">The coded bytes and the copied ones between them; filled as they become known.</param>
    /// <param name="count">Number of coded bytes in it.</param>
    public ContextModel(BitCoder coder, byte[] text, int count)
    {
        (_coder, _text) = (coder, text);
        var lines = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(4L * count, LeastLines, MostLines));
        _lineMask = lines - 1;
        var slots = Contexts * (int)lines * LineSlots;
        _slots = ArrayPool<uint>.Shared.Rent(slots); // up to 21 MB: new ones would wait for the next full collection
        _slots.AsSpan(0, slots).Clear();
        _weights.AsSpan().Fill(FirstWeight);
        _matchSlots.AsSpan().Fill(Even);
        for (var i = 0; i < _refined.Length; i++)
            _refined[i] = (uint)Logistic.Squash(((i % Steps) << 7) - 2048) << 20;
    }

    /// <summary>Bytes of the text that are known.</summary>
    public int At { get; private set; }

    /// <summary>Skips bytes that are in the text already; later matches may refer to them.</summary>
    public void Skip(int count)
    {
        if (count == 0)
            return;
        for (var end = At + count; At < end; )
        {
            At++;
            Remember();
        }

        (_matchLength, _word) = (0, 0);
        foreach (var c in _text.AsSpan(Math.Max(0, At - 16), Math.Min(16, At)))
            AddToWord(c);
    }

    /// <summary>Codes the next byte of the text.</summary>
    /// <param name="left">The byte of the base after the last copy; -1 for none.</param>
    /// <param name="right">The byte of the base before the next copy; -1 for none.</param>
    public void Code(int left, int right)
    {
        FindMatch();
        SetHashes(left, right);
        var value = (int)_text[At];
        var expected = _matchLength > 0 ? _text[_matched] | 256 : 0;
        var guess = left < 0 ? 0 : left | 256;
        var c = 1; // a 1, followed by the bits so far
        for (var bit = 7; bit >= 0; bit--)
        {
            if (bit is 7 or 3)
                FindLines(bit == 7 ? 0 : (uint)c);
            var slot = bit > 3 ? c : (c & ((1 << (3 - bit)) - 1)) | (1 << (3 - bit));
            c = (c << 1) | Bit((value >> bit) & 1, slot, Next(expected, bit, c), Next(guess, bit, c), c);
        }

        var coded = (byte)c;
        _text[At++] = coded;
        _hits = ((_hits << 1) | (left == coded ? 1 : 0)) & 7;
        if (_matchLength > 0 && _text[_matched] == coded)
            (_matched, _matchLength) = (_matched + 1, Math.Min(_matchLength + 1, LongestSeen));
        else
            _matchLength = 0;
        AddToWord(coded);
        Remember();
    }

    /// <summary>Returns its tables to the pool.</summary>
    public void Dispose() => ArrayPool<uint>.Shared.Return(_slots);

    /// <summary>The bit that a byte predicts; -1 when an earlier bit already differed.</summary>
    private static int Next(int predicted, int bit, int c) => predicted >> (bit + 1) == c ? (predicted >> bit) & 1 : -1;

    private int Bit(int bit, int slot, int expected, int guess, int c)
    {
        var slots = _slots.AsSpan();
        for (var i = 0; i < Contexts; i++)
            _inputs[i] = Logistic.Stretch((int)(slots[_lines[i] + slot] >> 20));
        var match = expected < 0 ? -1 : (Math.Min(_matchLength, LongestCounted) << 1) | expected;
        _inputs[Match] = match < 0 ? 0 : Logistic.Stretch((int)(_matchSlots[match] >> 20));
        _inputs[Bias] = 256;
        var hit = guess < 0 ? 0 : 1 + int.Min(2, BitOperations.TrailingZeroCount(~_hits));
        var weights = _weights.AsSpan(((_known * HitSets) + hit) * Inputs, Inputs);
        var mixed = Math.Clamp(Sum(weights) >> 12, -Logistic.Most, Logistic.Most);
        var p = Logistic.Squash(mixed);
        ref var refined = ref _refined[((c + (guess < 0 ? 0 : 256 * (1 + guess + (2 * (_hits & 1))))) * Steps) + ((mixed + 2112) >> 7)];
        bit = _coder.Code(bit, Math.Clamp((p * 8) + (int)(refined >> 17), Margin, 65536 - Margin));
        Learn(ref refined, bit, Seen);
        Learn(weights, ((bit << 12) - p) * Rate);
        for (var i = 0; i < Contexts; i++)
            Learn(ref slots[_lines[i] + slot], bit, Seen);
        if (match >= 0)
            Learn(ref _matchSlots[match], bit, MostCount);
        return bit;
    }

    /// <summary>The weighted sum of the inputs, in 4096ths.</summary>
    private int Sum(ReadOnlySpan<int> weights)
    {
        var w = MemoryMarshal.Cast<int, Vector128<int>>(weights);
        var x = MemoryMarshal.Cast<int, Vector128<int>>(_inputs.AsSpan());
        return Vector128.Sum(((w[0] * x[0]) >> 4) + ((w[1] * x[1]) >> 4) + ((w[2] * x[2]) >> 4));
    }

    private void Learn(Span<int> weights, int error)
    {
        var w = MemoryMarshal.Cast<int, Vector128<int>>(weights);
        var x = MemoryMarshal.Cast<int, Vector128<int>>(_inputs.AsSpan());
        for (var i = 0; i < w.Length; i++)
            w[i] = Vector128.Clamp(
                w[i] + (((x[i] * error) + Vector128.Create(1 << 13)) >> 14),
                Vector128.Create(-MostWeight),
                Vector128.Create(MostWeight)
            );
    }

    private static void Learn(ref uint slot, int bit, int most)
    {
        var (p, count) = ((int)(slot >> CountBits), (int)(slot & MostCount));
        p += (int)(((long)((bit << ProbabilityBits) - bit - p) * StepTable[count]) >> 16);
        slot = ((uint)p << CountBits) | (uint)Math.Min(count + 1, most);
    }

    /// <summary>Finds each context's line for the next four bits; a line of another context is reset.</summary>
    private void FindLines(uint part)
    {
        _known = 0;
        for (var i = 0; i < Contexts; i++)
        {
            var hash = (_hashes[i] + (part * 0x9E3779B1)) * 0x85EBCA6B;
            hash = (hash ^ (hash >> 15)) * 0xC2B2AE35;
            var line = _slots.AsSpan(_lines[i] = (int)(((uint)i * (_lineMask + 1)) + ((hash >> 16) & _lineMask)) * LineSlots, LineSlots);
            var check = (hash << 1) | 1;
            if (line[0] == check)
            {
                _known += i is > 0 and < Orders ? 1 : 0;
                continue;
            }

            line.Fill(Even);
            line[0] = check;
        }
    }

    private void SetHashes(int left, int right)
    {
        var (last, before) = (0u, 0u); // the last four bytes, and the four before them
        for (var i = 1; i <= 4; i++)
        {
            last |= Back(i) << (8 * (i - 1));
            before |= Back(i + 4) << (8 * (i - 1));
        }

        var guess = (uint)(left + 1);
        Set(0, 0);
        Set(1, last & 0xff);
        Set(2, last & 0xffff);
        Set(3, last & 0xffffff);
        Set(4, last);
        Set(5, last + ((before & 0xffff) * 0x2C1B3C6D));
        Set(6, _word);
        Set(7, guess | ((uint)(right + 1) << 9) | ((uint)_hits << 18));
        Set(8, guess | ((last & 0xff) << 9) | ((uint)(_hits & 1) << 17));
        Set(9, guess | (((last >> 8) & 0xff) << 9) | ((uint)(At & 1) << 17));
    }

    private uint Back(int distance) => At >= distance ? _text[At - distance] : 0u;

    private void Set(int context, uint value) => _hashes[context] = (value + ((uint)(context + 1) * 0x9E3779B9)) * 0x2545F491;

    private void AddToWord(byte c) => _word = char.IsAsciiLetterOrDigit((char)c) ? (_word + c + 1) * 0x2F0B4C47 : 0;

    /// <summary>Finds the last position that is preceded by the same bytes.</summary>
    private void FindMatch()
    {
        if (_matchLength > 0 || _candidate == 0)
            return;
        var length = 0;
        while (length < LongestSeen && length < _candidate && _text[_candidate - 1 - length] == _text[At - 1 - length])
            length++;
        if (length >= ShortestMatch)
            (_matched, _matchLength) = (_candidate, length);
    }

    private void Remember()
    {
        if (At < ShortestMatch)
            return;
        var hash = 0u;
        for (var i = 1; i <= ShortestMatch; i++)
            hash = (hash * 0x2F0B4C47) + _text[At - i];
        ref var place = ref _seen[(hash * 0x9E3779B1) >> (32 - MatchBits)];
        (_candidate, place) = (place, At);
    }
}
