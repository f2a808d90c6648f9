using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Reads lines from an untrusted peer, which may never end one.</summary>
internal sealed class QmpLines(Stream stream, int longest)
{
    private byte[] _buffer = new byte[8192];
    private int _start;
    private int _end;

    /// <summary>
    /// The next line without its end, valid until the next call; null at the end of the stream. Unexpected when it is too long.
    /// </summary>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken ct)
    {
        for (var searched = _start; ; )
        {
            var found = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var line = _buffer.AsMemory(_start, searched + found - _start);
                _start = searched + found + 1;
                return line;
            }

            searched = _end - _start;
            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
            if (read == 0)
                return null;
            _end += read;
        }
    }

    /// <summary>Moves the bytes that were not returned yet to the start of the buffer.</summary>
    private void MakeRoom()
    {
        var kept = _end - _start;
        if (kept >= longest)
            throw new CloudletException(ErrorKind.Unexpected, $"received a line of more than {longest} bytes: the sender is broken");
        var target = kept < _buffer.Length / 2 ? _buffer : new byte[_buffer.Length * 2];
        Buffer.BlockCopy(_buffer, _start, target, 0, kept);
        (_buffer, _start, _end) = (target, 0, kept);
    }
}
