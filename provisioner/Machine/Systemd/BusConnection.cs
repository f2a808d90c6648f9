using System.Diagnostics;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Systemd;

/// <summary>
/// A connection to a service manager. Root uses its private socket, as systemctl does, which works without a D-Bus daemon and while one
/// restarts. Not thread-safe.
/// </summary>
internal sealed unsafe class BusConnection : IDisposable
{
    public const string ManagerPath = "/org/freedesktop/systemd1";
    public const string ManagerInterface = "org.freedesktop.systemd1.Manager";

    private const string Destination = "org.freedesktop.systemd1";
    private const string PrivateAddress = "unix:path=/run/systemd/private";
    private const string ContainerAddress = "x-machine-unix:";
    private const ulong WaitSlice = 100_000; // µs: limit of the delay until a cancellation is noticed

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(25);

    private readonly BusHandle _bus;

    private BusConnection(BusHandle bus) => _bus = bus;

    /// <summary>False on the private socket, where there is no bus daemon that routes signals.</summary>
    public bool HasDaemon => SdBus.IsBusClient(_bus) > 0;

    /// <summary>Connects to a service manager.</summary>
    /// <param name="address">
    /// The address of a manager's private socket, of the system bus in a container (<c>x-machine-unix:pid=PID</c>), or null for this host's
    /// manager.
    /// </param>
    public static BusConnection Open(string? address)
    {
        try
        {
            return new BusConnection(address is null ? OpenHost() : OpenAddress(address));
        }
        catch (DllNotFoundException e)
        {
            throw new CloudletException(
                ErrorKind.Unsupported,
                "libsystemd.so.0 is not installed, so systemd cannot be reached. Install it with: apt-get install libsystemd0",
                e
            );
        }
    }

    public BusMessage NewCall(string path, string @interface, string member, string destination = Destination)
    {
        BusErrors.Check(SdBus.NewMethodCall(_bus, out var message, destination, path, @interface, member), $"build the call {member}");
        return new BusMessage(message);
    }

    /// <summary>Sends a call and waits for its answer.</summary>
    /// <param name="call">The complete call.</param>
    /// <param name="timeout">Time limit of the answer.</param>
    /// <param name="action">The action, for messages, e.g. <c>start ssh.service</c>.</param>
    public BusMessage Call(BusMessage call, TimeSpan timeout, string action)
    {
        var error = default(SdBus.BusError);
        using var uninterrupted = ThreadSignals.Block();
        try
        {
            var result = SdBus.Call(_bus, call.Handle, (ulong)timeout.TotalMicroseconds, ref error, out var reply);
            if (result >= 0)
                return new BusMessage(reply);
            reply.Dispose();
            if (error.Name is null || BusErrors.IsConnectionLost(-result))
                throw BusErrors.Create(-result, action);
            throw BusErrors.Create(Text(error.Name), Text(error.Message), -result, action);
        }
        finally
        {
            SdBus.FreeError(ref error);
        }
    }

    /// <summary>
    /// Passes every incoming signal to <paramref name="accept"/> until that returns true; false after <paramref name="timeout"/>.
    /// </summary>
    public bool WaitForSignal(Predicate<BusMessage> accept, TimeSpan timeout, CancellationToken ct)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var progress = BusErrors.Check(SdBus.Process(_bus, out var handle), "wait for systemd");
            using var message = new BusMessage(handle);
            if (!handle.IsInvalid && accept(message))
                return true;
            if (progress > 0)
                continue;
            if (waited.Elapsed >= timeout)
                return false;
            using var uninterrupted = ThreadSignals.Block();
            BusErrors.Check(SdBus.Wait(_bus, WaitSlice), "wait for systemd");
        }
    }

    /// <summary>Subscribes to systemd's signals.</summary>
    /// <param name="rules">Match rules for the bus daemon (D-Bus specification); without a daemon all signals are received.</param>
    public void Listen(params ReadOnlySpan<string> rules)
    {
        foreach (var rule in HasDaemon ? rules : [])
        {
            using var match = NewCall("/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "org.freedesktop.DBus").Append(rule);
            Call(match, CallTimeout, "listen to systemd").Dispose();
        }
        using var subscribe = NewCall(ManagerPath, ManagerInterface, "Subscribe");
        Call(subscribe, CallTimeout, "listen to systemd").Dispose();
    }

    /// <summary>A message that was received already, or null.</summary>
    public BusMessage? TryTake()
    {
        while (true)
        {
            var progress = BusErrors.Check(SdBus.Process(_bus, out var handle), "listen to systemd");
            if (!handle.IsInvalid)
                return new BusMessage(handle);
            handle.Dispose();
            if (progress == 0)
                return null;
        }
    }

    /// <summary>
    /// Descriptor, events and limit in milliseconds (-1 for none) for poll(2), before <see cref="TryTake"/> is called again.
    /// </summary>
    public (int Descriptor, short Events, int Milliseconds) WaitingFor()
    {
        var descriptor = BusErrors.Check(SdBus.GetDescriptor(_bus), "listen to systemd");
        var events = BusErrors.Check(SdBus.GetEvents(_bus), "listen to systemd");
        BusErrors.Check(SdBus.GetTimeout(_bus, out var until), "listen to systemd");
        if (until == ulong.MaxValue)
            return (descriptor, (short)events, -1);
        // CLOCK_MONOTONIC, which is what Stopwatch reads.
        var now = (ulong)Stopwatch.GetElapsedTime(0).TotalMicroseconds;
        return (descriptor, (short)events, until <= now ? 0 : (int)Math.Min((until - now + 999) / 1000, int.MaxValue));
    }

    public void Dispose() => _bus.Dispose();

    private static BusHandle OpenHost()
    {
        // The test that sd_booted(3) makes.
        if (!Directory.Exists("/run/systemd/system"))
            throw new CloudletException(
                ErrorKind.Unsupported,
                "This host was not booted with systemd (there is no /run/systemd/system), so it has no units to manage."
            );
        if (Environment.IsPrivilegedProcess && File.Exists("/run/systemd/private"))
            return OpenAddress(PrivateAddress);
        var result = SdBus.OpenSystem(out var bus);
        if (result >= 0)
            return bus;
        bus.Dispose();
        throw BusErrors.Create(-result, "connect to the system bus");
    }

    private static BusHandle OpenAddress(string address)
    {
        BusErrors.Check(SdBus.New(out var bus), "create a bus connection");
        var result = SdBus.SetAddress(bus, address);
        // A container's address leads to its system bus, with a daemon; any other is a manager's private socket.
        if (result >= 0)
            result = address.StartsWith(ContainerAddress, StringComparison.Ordinal) ? SdBus.SetBusClient(bus, 1) : SdBus.SetTrusted(bus, 1);
        if (result >= 0)
            result = SdBus.Start(bus);
        if (result >= 0)
            return bus;
        bus.Dispose();
        throw BusErrors.Create(-result, $"connect to systemd at {address}");
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
