using System.Runtime.InteropServices;
using System.Text;

namespace Cloudlet.Machine.Systemd;

/// <summary>Builds and reads one D-Bus message. Reading is strictly sequential, as in sd_bus_message_read(3).</summary>
internal sealed unsafe class BusMessage(MessageHandle handle) : IDisposable
{
    public MessageHandle Handle { get; } = handle;

    public BusMessage Append(string value)
    {
        BusErrors.Check(SdBus.AppendString(Handle, (byte)'s', value), "build a message for systemd");
        return this;
    }

    public BusMessage Append(bool value)
    {
        BusErrors.Check(SdBus.AppendInt(Handle, (byte)'b', value ? 1 : 0), "build a message for systemd");
        return this;
    }

    public BusMessage AppendList(params ReadOnlySpan<string> values)
    {
        BusErrors.Check(SdBus.OpenContainer(Handle, (byte)'a', "s"), "build a message for systemd");
        foreach (var value in values)
            Append(value);
        BusErrors.Check(SdBus.CloseContainer(Handle), "build a message for systemd");
        return this;
    }

    /// <summary>Enters an array, dictionary entry or variant; false at the end of the array around it.</summary>
    public bool Enter(char type, string contents) => Checked(SdBus.EnterContainer(Handle, (byte)type, contents)) > 0;

    public void Exit() => Checked(SdBus.ExitContainer(Handle));

    public void Skip(string types) => Checked(SdBus.Skip(Handle, types));

    /// <summary>Reads a string ('s') or object path ('o').</summary>
    public string ReadString(char type = 's')
    {
        Checked(SdBus.ReadPointer(Handle, (byte)type, out var value));
        return Marshal.PtrToStringUTF8((nint)value) ?? "";
    }

    /// <summary>Reads an array of strings.</summary>
    public IReadOnlyList<string> ReadStrings()
    {
        var texts = new List<string>();
        Enter('a', "s");
        while (Checked(SdBus.ReadPointer(Handle, (byte)'s', out var value)) > 0)
            texts.Add(Marshal.PtrToStringUTF8((nint)value) ?? "");
        Exit();
        return texts;
    }

    /// <summary>Reads a string without copying it; valid as long as the message.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        Checked(SdBus.ReadPointer(Handle, (byte)'s', out var value));
        return MemoryMarshal.CreateReadOnlySpanFromNullTerminated(value);
    }

    /// <summary>Reads a boolean ('b') or a 32-bit number ('u', 'i').</summary>
    public int ReadInt(char type)
    {
        Checked(SdBus.ReadInt(Handle, (byte)type, out var value));
        return value;
    }

    /// <summary>Reads a 64-bit number.</summary>
    public ulong ReadLong()
    {
        Checked(SdBus.ReadLong(Handle, (byte)'t', out var value));
        return value;
    }

    /// <summary>Reads an array of bytes as lower-case hexadecimal digits.</summary>
    public string ReadBytesAsHex()
    {
        Checked(SdBus.ReadArray(Handle, (byte)'y', out var value, out var size));
        return Convert.ToHexStringLower(new ReadOnlySpan<byte>(value, (int)size));
    }

    /// <summary>Object path that a signal comes from.</summary>
    public string Path => Marshal.PtrToStringUTF8((nint)SdBus.PathOf(Handle)) ?? "";

    public bool IsSignal(string @interface, string member) => SdBus.IsSignal(Handle, @interface, member) > 0;

    public void Dispose() => Handle.Dispose();

    private static int Checked(int result) => BusErrors.Check(result, "read systemd's answer");
}

/// <summary>Compares a property's name in UTF-8, without allocating strings for the two hundred that we don't need.</summary>
internal static class PropertyName
{
    public static bool Is(this ReadOnlySpan<byte> name, ReadOnlySpan<byte> expected) => name.SequenceEqual(expected);

    public static string Text(this ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);
}
