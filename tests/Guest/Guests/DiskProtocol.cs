using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// The server's side of the Network Block Device protocol (github.com/NetworkBlockDevice/nbd, doc/proto.md): newstyle, with simple replies
/// and only the requests that QEMU uses.
/// </summary>
internal sealed class DiskProtocol(Stream client, GuestDisk disk) : IDisposable
{
    private const ulong OptionMagic = 0x49484156454F5054; // "IHAVEOPT"
    private const ulong OptionReplyMagic = 0x0003E889045565A9;
    private const uint ReplyMagic = 0x67446698;
    private const uint Go = 7;
    private const uint Acknowledged = 1,
        Information = 3,
        Unsupported = 0x80000001;
    private const ushort HasFlags = 1,
        TakesFlush = 4,
        TakesThrough = 8;
    private const ushort Reading = 0,
        Writing = 1,
        Farewell = 2,
        Flushing = 3;
    private const uint Invalid = 22; // EINVAL

    private readonly BufferedStream _input = new(client, 1 << 16);
    private readonly BufferedStream _output = new(client, 1 << 16);

    /// <summary>Serves until the client disconnects, or fails with an IOException when the client is gone.</summary>
    public void Serve()
    {
        _output.Write("NBDMAGICIHAVEOPT"u8);
        Put((ushort)3); // fixed newstyle, no zeroes
        _output.Flush();
        Get<uint>();
        while (!Negotiate())
            _output.Flush();
        do _output.Flush();
        while (Answer());
    }

    /// <summary>Also closes the client's stream.</summary>
    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
    }

    /// <summary>Answers one option; true when the client continues with requests.</summary>
    private bool Negotiate()
    {
        if (Get<ulong>() != OptionMagic)
            throw new IOException("the client of a guest's disk does not speak NBD");
        var option = Get<uint>();
        _input.ReadExactly(new byte[Get<uint>()]);
        if (option == Go)
        {
            Reply(option, Information, 12);
            Put((ushort)0);
            Put((ulong)disk.Length);
            Put((ushort)(HasFlags | TakesFlush | TakesThrough));
        }

        Reply(option, option == Go ? Acknowledged : Unsupported, 0);
        return option == Go;
    }

    private void Reply(uint option, uint kind, uint length)
    {
        Put(OptionReplyMagic);
        Put(option);
        Put(kind);
        Put(length);
    }

    /// <summary>Handles one request; false when the client disconnects.</summary>
    private bool Answer()
    {
        Get<uint>();
        var through = (Get<ushort>() & 1) != 0;
        var type = Get<ushort>();
        var cookie = Get<ulong>();
        var offset = (long)Get<ulong>();
        var length = Get<uint>();
        var data = type is Reading or Writing ? new byte[length] : [];
        switch (type)
        {
            case Reading:
                disk.Read(offset, data);
                break;
            case Writing:
                _input.ReadExactly(data);
                disk.Write(offset, data, through);
                break;
            case Flushing:
                disk.Flush();
                break;
            case Farewell:
                return false;
            default:
                break;
        }

        Put(ReplyMagic);
        Put(type <= Flushing ? 0 : Invalid);
        Put(cookie);
        if (type == Reading)
            _output.Write(data);
        return true;
    }

    private T Get<T>()
        where T : struct, IBinaryInteger<T>
    {
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<T>()];
        _input.ReadExactly(bytes);
        return T.ReadBigEndian(bytes, isUnsigned: true);
    }

    private void Put<T>(T value)
        where T : struct, IBinaryInteger<T>
    {
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<T>()];
        value.WriteBigEndian(bytes);
        _output.Write(bytes);
    }
}
