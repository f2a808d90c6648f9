using System.Globalization;
using System.Text;

namespace Cloudlet.Machine.Ssh;

/// <summary>
/// Reads the output of a command between its marks. Bytes are passed on as they arrive, except for what may be the beginning of a mark.
/// </summary>
/// <param name="origin">The raw stream.</param>
/// <param name="command">Has the marks.</param>
/// <param name="onBegin">Called when the first mark was read.</param>
internal sealed class MarkedStream(Stream origin, MarkedCommand command, Action onBegin) : SequentialStream
{
    private const int MostNoise = 1024;
    private const int LongestCode = 12;

    private readonly byte[] _block = new byte[16_384];
    private readonly List<byte> _held = [];
    private readonly Queue<byte[]> _ready = new();
    private readonly StringBuilder _noise = new();
    private int _taken;

    /// <summary>True when the command has started.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The command's exit code; null while it runs, or when the stream was cut off.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>The beginning of other output before the command started.</summary>
    public string Noise => _noise.ToString();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_ready.Count == 0)
        {
            var count = await origin.ReadAsync(_block, cancellationToken);
            if (count == 0)
                return Finish(buffer);
            if (ExitCode is null) // output after the end is read and dropped, so that its writer does not fail
                Take(_block.AsSpan(0, count));
        }

        return HandOver(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void Take(ReadOnlySpan<byte> bytes)
    {
        _held.AddRange(bytes);
        if (!HasBegun)
            Begin();
        if (!HasBegun)
            return;
        var held = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_held);
        var end = held.IndexOf(command.End);
        if (end >= 0)
            ExitCode = CodeIn(held[(end + command.End.Length)..]);
        Release(end >= 0 ? end : held.Length - Overlap(held, command.End));
        if (ExitCode is not null)
            _held.Clear();
    }

    private void Begin()
    {
        var held = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_held);
        var begin = held.IndexOf(command.Begin);
        var noise = begin >= 0 ? begin : held.Length - Overlap(held, command.Begin);
        if (_noise.Length < MostNoise)
            _noise.Append(Encoding.UTF8.GetString(held[..Math.Min(noise, MostNoise)]));
        _held.RemoveRange(0, begin >= 0 ? begin + command.Begin.Length : noise);
        if (begin < 0)
            return;
        HasBegun = true;
        onBegin();
    }

    /// <summary>Number of bytes at the end that may be the beginning of a mark.</summary>
    private static int Overlap(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> mark)
    {
        for (var length = Math.Min(bytes.Length, mark.Length - 1); length > 0; length--)
        {
            if (bytes.EndsWith(mark[..length]))
                return length;
        }

        return 0;
    }

    /// <summary>The exit code, once it is complete.</summary>
    private static int? CodeIn(ReadOnlySpan<byte> text)
    {
        var length = text.IndexOf((byte)'\n');
        return
            length is >= 0 and < LongestCode && int.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? code
            : null;
    }

    private void Release(int count)
    {
        if (count == 0)
            return;
        _ready.Enqueue([.. _held[..count]]);
        _held.RemoveRange(0, count);
    }

    /// <summary>At the end of the stream, passes on what was held back as a possible mark.</summary>
    private int Finish(Memory<byte> buffer)
    {
        if (!HasBegun || ExitCode is not null || _held.Count == 0)
            return 0;
        Release(_held.Count);
        return HandOver(buffer);
    }

    private int HandOver(Memory<byte> buffer)
    {
        var first = _ready.Peek();
        var count = Math.Min(buffer.Length, first.Length - _taken);
        first.AsMemory(_taken, count).CopyTo(buffer);
        _taken += count;
        if (_taken < first.Length)
            return count;
        _ready.Dequeue();
        _taken = 0;
        return count;
    }
}
