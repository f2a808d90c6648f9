using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Compression;

/// <summary>Writes or reads bits whose probabilities both sides know: arithmetic coding with a 32-bit interval.</summary>
internal sealed class BitCoder
{
    private readonly byte[]? _stored;
    private readonly List<byte> _into = [];
    private uint _low,
        _high = uint.MaxValue,
        _value;
    private int _at;

    /// <summary>A coder that writes.</summary>
    public BitCoder() { }

    /// <summary>A coder that reads.</summary>
    /// <param name="stored">What a writing coder made, without anything else.</param>
    public BitCoder(ReadOnlySpan<byte> stored)
    {
        _stored = stored.ToArray();
        for (var i = 0; i < sizeof(uint); i++)
            _value = (_value << 8) | Next();
    }

    /// <summary>Codes a bit; returns it.</summary>
    /// <param name="bit">0 or 1; ignored when reading.</param>
    /// <param name="one">Probability of 1 in 65536ths, 1 to 65535.</param>
    public int Code(int bit, int one)
    {
        var middle = _low + (uint)(((ulong)(_high - _low) * (uint)one) >> 16);
        if (_stored is not null)
            bit = _value <= middle ? 1 : 0;
        if (bit != 0)
            _high = middle;
        else
            _low = middle + 1;
        for (; (_low ^ _high) >> 24 == 0; (_low, _high) = (_low << 8, (_high << 8) | 0xff))
        {
            if (_stored is null)
                _into.Add((byte)(_high >> 24));
            else
                _value = (_value << 8) | Next();
        }

        return bit;
    }

    /// <summary>Ends the code and returns its bytes; no bit can follow.</summary>
    public byte[] Finish()
    {
        // A reader reads zeros after the end: one more byte puts that value into the interval.
        if (_low > 0)
            _into.Add((byte)((_low >> 24) + 1));
        return [.. _into];
    }

    /// <summary>InvalidInput when bytes are left unread.</summary>
    public void RequireEnd()
    {
        if (_at < _stored!.Length)
            throw new CloudletException(ErrorKind.InvalidInput, "a block has trailing data.");
    }

    private byte Next() => _at < _stored!.Length ? _stored[_at++] : (byte)0;
}
