using System.Globalization;
using System.Net.Sockets;
using Serilog.Core;
using Serilog.Events;

namespace Cloudlet.Healthd.Report.Journal;

/// <summary>
/// Writes log events to journald with their properties as fields; without journald, as lines on the console with the priority prefixes of
/// sd-daemon(3). Never waits: <c>CLOUDLET_LOST</c> of the next accepted event counts what a slow journal did not accept. Thread-safe.
/// </summary>
public sealed class JournalSink : ILogEventSink, IDisposable
{
    /// <summary>journald's socket.</summary>
    public const string SocketPath = "/run/systemd/journal/socket";

    /// <summary>
    /// Longest value in characters, after a whole event was too large for a datagram: with the largest number of values, an event then fits
    /// into the kernel's default of 208 KiB.
    /// </summary>
    private const int Short = 1024;

    private readonly string identifier;
    private readonly TextWriter console;
    private readonly UnixDomainSocketEndPoint journal;
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    private readonly Lock turn = new();
    private long lost;

    /// <summary>Creates a sink for one program.</summary>
    /// <param name="identifier">The program's name in the journal.</param>
    /// <param name="socketPath">journald's socket.</param>
    /// <param name="console">Receives the lines that journald does not; null: standard error.</param>
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
        {
            var plain = string.Create(line.Length, line, static (plain, line) => Plain(line, plain));
            console.WriteLine($"<{JournalDatagram.Priority(logEvent.Level)}>{plain}");
        }
        console.Flush();
    }

    /// <summary>Replaces control characters: names of files and the like are not trusted with a terminal.</summary>
    private static void Plain(string line, Span<char> plain)
    {
        for (var i = 0; i < line.Length; i++)
            plain[i] = char.IsControl(line[i]) ? ' ' : line[i];
    }
}
