using System.Net.Sockets;
using System.Text;

namespace Cloudlet.Machine.Systemd;

/// <summary>
/// Reports the state of a service to the service manager, as sd_notify(3) does. Without a manager (<c>NOTIFY_SOCKET</c>), and when it does
/// not listen, calls do nothing: a service must not fail because its state can't be reported. Thread-safe.
/// </summary>
public sealed class ServiceNotifier : IDisposable
{
    /// <summary>A message that the manager does not read within this time is dropped; the next one reports the same.</summary>
    private const int SendMilliseconds = 1000;

    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _manager;

    /// <summary>A notifier for the manager that listens at <paramref name="address"/>.</summary>
    /// <param name="address">An absolute path, <c>@</c> and an abstract name, or null for none.</param>
    public ServiceNotifier(string? address)
    {
        if (address is not ['/' or '@', _, ..])
            return;
        try
        {
            _manager = new UnixDomainSocketEndPoint(address[0] == '@' ? $"\0{address[1..]}" : address);
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = SendMilliseconds };
        }
        catch (Exception e) when (e is ArgumentException or SocketException)
        {
            // The address is too long, or no socket is available.
        }
    }

    /// <summary>The notifier of this process.</summary>
    public static ServiceNotifier FromEnvironment() => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    /// <summary>True when there is a manager to notify.</summary>
    public bool IsHeard => _socket is not null;

    /// <summary>The service is ready.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>The service is alive; due at least every <c>WatchdogSec</c>.</summary>
    public void Alive() => Send("WATCHDOG=1");

    /// <summary>One line for <c>systemctl status</c>; line breaks become spaces.</summary>
    public void Status(string text) => Send($"STATUS={text.ReplaceLineEndings(" ")}");

    /// <summary>The service is stopping.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private void Send(string message)
    {
        if (_socket is null)
            return;
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(message), _manager!);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Ignored, see the class comment.
        }
    }
}
