using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudlet.Resources.Ovsdb;

/// <summary>Messages of RFC 7047 on a stream: JSON objects with nothing between them that would mark where one ends.</summary>
/// <param name="stream">The connection; the caller closes it.</param>
internal sealed class OvsdbStream(Stream stream)
{
    /// <summary>Largest message in bytes. A host with thousands of ports has some megabytes of rows.</summary>
    public const int Largest = 32 << 20;

    private const int FirstSize = 16 << 10;

    private byte[] _buffer = new byte[FirstSize];
    private int _filled;

    /// <summary>Sends a message.</summary>
    public ValueTask SendAsync(JsonObject message, CancellationToken ct) =>
        stream.WriteAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), ct);

    /// <summary>The next message.</summary>
    /// <exception cref="Errors.CloudletException">Unexpected: it is not JSON, or larger than <see cref="Largest"/>.</exception>
    /// <exception cref="EndOfStreamException">The peer closed the connection.</exception>
    public async Task<JsonElement> ReceiveAsync(CancellationToken ct)
    {
        var end = new ObjectEnd();
        var looked = 0;
        while (true)
        {
            for (; looked < _filled; looked++)
                if (end.IsAt(_buffer[looked]))
                    return Take(looked + 1);
            if (_filled == Largest)
                throw OvsdbClient.Broken($"a message of more than {Largest >> 20} MiB");
            if (_filled == _buffer.Length)
                Array.Resize(ref _buffer, Math.Min(2 * _buffer.Length, Largest));
            var read = await stream.ReadAsync(_buffer.AsMemory(_filled), ct);
            _filled += read > 0 ? read : throw new EndOfStreamException("end of the stream");
        }
    }

    private JsonElement Take(int length)
    {
        try
        {
            return JsonElement.Parse(_buffer.AsSpan(0, length));
        }
        catch (JsonException e)
        {
            throw OvsdbClient.Broken($"a message that is not JSON ({e.Message})");
        }
        finally
        {
            _buffer.AsSpan(length, _filled - length).CopyTo(_buffer);
            _filled -= length;
        }
    }

    /// <summary>Finds the byte that ends the first object or array. What is not JSON is refused when it is parsed.</summary>
    private struct ObjectEnd
    {
        private int _depth;
        private bool _isInText;
        private bool _isEscaped;

        public bool IsAt(byte next)
        {
            if (_isInText)
            {
                if (_isEscaped)
                    _isEscaped = false;
                else if (next == '\\')
                    _isEscaped = true;
                else if (next == '"')
                    _isInText = false;
                return false;
            }

            _isInText = next == '"';
            if (next is (byte)'{' or (byte)'[')
                _depth++;
            return next is (byte)'}' or (byte)']' && --_depth <= 0;
        }
    }
}
