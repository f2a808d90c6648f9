using System.Globalization;
using System.Net.Sockets;
using Serilog.Core;
using Serilog.Events;

namespace Cloudlet.Healthd.Report.Journal;

/// <summary>
/// Writes log events to journald with their properties as fields; where no journald listens, as lines on the console with the priority prefixes of sd-daemon(3). Never waits: what a journal that does not keep up misses is
/// counted in <c>CLOUDLET_LOST</c> of the next event it takes. Safe for several threads.
/// </summary>
public sealed class JournalSink : ILogEventSink, IDisposable
{
    /// <summary>Where journald listens.</summary>
    public const string SocketPath = "/run/systemd/journal/socket";

    /// <summary>Characters a value, once a whole event has been too large for a datagram: with the most values that there can be, it fits into the kernel's default of 208 KiB.</summary>
    private const int Short = 1024;

    private readonly string identifier;
    private readonly TextWriter console;
    private readonly UnixDomainSocketEndPoint journal;
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    private readonly Lock turn = new();
    private long lost;

    /// <summary>A sink for one program.</summary>
    /// <param name="identifier">What the journal calls the program.</param>
    /// <param name="socketPath">Where journald listens.</param>
    /// <param name="console">Takes the lines that journald does not; null: standard error.</param>
    public JournalSink(string identifier, string socketPath = SocketPath, TextWriter? console = null)
    {
        this.identifier = identifier;
        this.console = console ?? Console.Error;
        journal = new UnixDomainSocketEndPoint(socketPath);
    }

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        lock (turn)
        {
            var error = Send(JournalDatagram.Of(logEvent, identifier, lost: lost));
            if (error == SocketError.MessageSize)
                error = Send(JournalDatagram.Of(logEvent, identifier, Short, lost));
            if (error == SocketError.Success)
                lost = 0;
            else if (error is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable or SocketError.MessageSize)
                lost++;
            else
                WriteLines(logEvent);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private SocketError Send(byte[] datagram)
    {
        try
        {
            socket.SendTo(datagram, journal);
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.Shutdown;
        }
    }

    private void WriteLines(LogEvent logEvent)
    {
        var text = logEvent.RenderMessage(CultureInfo.InvariantCulture) + (logEvent.Exception is { } exception ? $"\n{exception}" : "");
        foreach (var line in text.Split('\n'))
            console.WriteLine($"<{JournalDatagram.Priority(logEvent.Level)}>{string.Create(line.Length, line, static (plain, line) => Plain(line, plain))}");
        console.Flush();
    }

    /// <summary>Names of files and the like come from anybody: they do not get to steer a terminal.</summary>
    private static void Plain(string line, Span<char> plain)
    {
        for (var i = 0; i < line.Length; i++)
            plain[i] = char.IsControl(line[i]) ? ' ' : line[i];
    }
}
