using System.Runtime.InteropServices;

namespace Cloudlet.Machine.Systemd;

/// <summary>The functions of libsystemd's sd-bus(3) that we use, none of them variadic. A negative result is a negated errno.</summary>
internal static unsafe partial class SdBus
{
    private const string Library = "libsystemd.so.0";

    /// <summary>struct sd_bus_error: name and message are owned by the library until <see cref="FreeError"/>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct BusError
    {
        public byte* Name;
        public byte* Message;
        public int NeedsFree;
    }

    [LibraryImport(Library, EntryPoint = "sd_bus_new")]
    public static partial int New(out BusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_open_system")]
    public static partial int OpenSystem(out BusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_set_address", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetAddress(BusHandle bus, string address);

    [LibraryImport(Library, EntryPoint = "sd_bus_set_bus_client")]
    public static partial int SetBusClient(BusHandle bus, int isClient);

    [LibraryImport(Library, EntryPoint = "sd_bus_set_trusted")]
    public static partial int SetTrusted(BusHandle bus, int trusted);

    [LibraryImport(Library, EntryPoint = "sd_bus_start")]
    public static partial int Start(BusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_close_unref")]
    public static partial nint CloseAndUnref(nint bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_is_bus_client")]
    public static partial int IsBusClient(BusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_new_method_call", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int NewMethodCall(
        BusHandle bus,
        out MessageHandle message,
        string destination,
        string path,
        string @interface,
        string member
    );

    [LibraryImport(Library, EntryPoint = "sd_bus_message_append_basic", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int AppendString(MessageHandle message, byte type, string value);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_append_basic")]
    public static partial int AppendInt(MessageHandle message, byte type, in int value);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_open_container", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenContainer(MessageHandle message, byte type, string contents);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_close_container")]
    public static partial int CloseContainer(MessageHandle message);

    [LibraryImport(Library, EntryPoint = "sd_bus_call")]
    public static partial int Call(BusHandle bus, MessageHandle message, ulong microseconds, ref BusError error, out MessageHandle reply);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_enter_container", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int EnterContainer(MessageHandle message, byte type, string contents);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_exit_container")]
    public static partial int ExitContainer(MessageHandle message);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_skip", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Skip(MessageHandle message, string types);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_read_basic")]
    public static partial int ReadPointer(MessageHandle message, byte type, out byte* value);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_read_basic")]
    public static partial int ReadInt(MessageHandle message, byte type, out int value);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_read_basic")]
    public static partial int ReadLong(MessageHandle message, byte type, out ulong value);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_read_array")]
    public static partial int ReadArray(MessageHandle message, byte type, out byte* value, out nuint size);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_is_signal", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int IsSignal(MessageHandle message, string @interface, string member);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_get_path")]
    public static partial byte* PathOf(MessageHandle message);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_fd")]
    public static partial int GetDescriptor(BusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_events")]
    public static partial int GetEvents(BusHandle bus);

    [LibraryImport(Library, EntryPoint = "sd_bus_get_timeout")]
    public static partial int GetTimeout(BusHandle bus, out ulong microseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_process")]
    public static partial int Process(BusHandle bus, out MessageHandle message);

    [LibraryImport(Library, EntryPoint = "sd_bus_wait")]
    public static partial int Wait(BusHandle bus, ulong microseconds);

    [LibraryImport(Library, EntryPoint = "sd_bus_message_unref")]
    public static partial nint UnrefMessage(nint message);

    [LibraryImport(Library, EntryPoint = "sd_bus_error_free")]
    public static partial void FreeError(ref BusError error);
}

/// <summary>A connection; closed when released.</summary>
internal sealed class BusHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _ = SdBus.CloseAndUnref(handle);
        return true;
    }
}

/// <summary>A reference to a message.</summary>
internal sealed class MessageHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        _ = SdBus.UnrefMessage(handle);
        return true;
    }
}
