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

    private readonly string _identifier;
    private readonly TextWriter _console;
    private readonly UnixDomainSocketEndPoint _journal;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    private readonly Lock _turn = new();
    private long _lost;

    /// <summary>Creates a sink for one program.</summary>
    /// <param name="identifier">The program's name in the journal.</param>
    /// <param name="socketPath">journald's socket.</param>
    /// <param name="console">Receives the lines that journald does not; null: standard error.</param>
    public JournalSink(string identifier, string socketPath = SocketPath, TextWriter? console = null)
    {
        _identifier = identifier;
        _console = console ?? Console.Error;
        _journal = new UnixDomainSocketEndPoint(socketPath);
    }

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        lock (_turn)
        {
            var error = Send(JournalDatagram.Of(logEvent, _identifier, lost: _lost));
            if (error == SocketError.MessageSize)
                error = Send(JournalDatagram.Of(logEvent, _identifier, Short, _lost));
            if (error == SocketError.Success)
                _lost = 0;
            else if (error is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable or SocketError.MessageSize)
                _lost++;
            else
                WriteLines(logEvent);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private SocketError Send(byte[] datagram)
    {
        try
        {
            _socket.SendTo(datagram, _journal);
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
            _console.WriteLine($"<{JournalDatagram.Priority(logEvent.Level)}>{plain}");
        }
        _console.Flush();
    }

    /// <summary>Replaces control characters: names of files and the like are not trusted with a terminal.</summary>
    private static void Plain(string line, Span<char> plain)
    {
        for (var i = 0; i < line.Length; i++)
            plain[i] = char.IsControl(line[i]) ? ' ' : line[i];
    }
}
