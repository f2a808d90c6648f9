using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Cloudlet.Healthd.Report.Journal;
using Cloudlet.TestKit;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Cloudlet.Healthd.Tests.Report;

public sealed class JournalSpecs : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly Socket _journald = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
    {
        ReceiveTimeout = 5000,
        ReceiveBufferSize = 1 << 20,
    };
    private readonly StringWriter _console = new();
    private readonly JournalSink _sink;
    private readonly Logger _log;

    public JournalSpecs()
    {
        _sink = new JournalSink("cloudlet-healthd", _dir["socket"], _console);
        _log = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(_sink).CreateLogger();
    }

    public void Dispose()
    {
        _log.Dispose();
        _sink.Dispose();
        _journald.Dispose();
        _console.Dispose();
        _dir.Dispose();
    }

    [Fact]
    public void A_plain_value_is_name_and_value() =>
        Encoding
            .UTF8.GetString(JournalDatagram.Of(Event("all is well"), "me"))
            .ShouldBe("MESSAGE=all is well\nPRIORITY=6\nSYSLOG_IDENTIFIER=me\n");

    [Fact]
    public void A_value_with_line_breaks_is_preceded_by_its_length_and_cannot_forge_a_field()
    {
        var fields = Fields(JournalDatagram.Of(Event("a\nPRIORITY=0\nü"), "me"));

        fields["MESSAGE"].ShouldBe(["a\nPRIORITY=0\nü"]);
        fields["PRIORITY"].ShouldBe(["6"]);
    }

    [Theory]
    [InlineData("DetectionMs", "CLOUDLET_DETECTION_MS")]
    [InlineData("Event", "CLOUDLET_EVENT")]
    [InlineData("URL", "CLOUDLET_URL")]
    [InlineData("_a.b", "CLOUDLET__A_B")]
    public void Properties_become_fields(string property, string field) => JournalDatagram.FieldOf(property).ShouldBe(field);

    [Theory]
    [InlineData(LogEventLevel.Fatal, 2)]
    [InlineData(LogEventLevel.Warning, 4)]
    [InlineData(LogEventLevel.Debug, 7)]
    public void Levels_become_priorities(LogEventLevel level, int priority) => JournalDatagram.Priority(level).ShouldBe(priority);

    [Fact]
    public void A_heal_is_a_record_with_fields()
    {
        Listen();

        new JournalReports(_log).Healed(Samples.Record(seen: Samples.Property("content", "hunter2", "x")));

        var fields = Receive();
        fields["CLOUDLET_EVENT"].ShouldBe(["healed"]);
        fields["CLOUDLET_RESOURCE"].ShouldBe(["link:a"]);
        fields["CLOUDLET_DETECTION_MS"].ShouldBe(["3"]);
        fields["CLOUDLET_REPAIR_MS"].ShouldBe(["40"]);
        fields["CLOUDLET_DIGEST"].ShouldBe([Samples.Digest]);
        fields["MESSAGE"].ShouldBe(["healed link:a in 40.0 ms (eth0)"]);
        fields.Values.SelectMany(v => v).ShouldAllBe(v => !v.Contains("hunter2"));
    }

    [Fact]
    public void A_failed_heal_is_a_warning_that_says_why()
    {
        Listen();

        new JournalReports(_log).Healed(Samples.Record(isHealed: false));

        var fields = Receive();
        fields["PRIORITY"].ShouldBe(["4"]);
        fields["MESSAGE"].ShouldBe(["not healed: link:a (eth0): link:a: no driver"]);
        fields["CLOUDLET_NOT_HEALED"].ShouldBe(["link:a"]);
    }

    [Fact]
    public void Alarms_and_notes_are_records()
    {
        Listen();
        var reports = new JournalReports(_log);

        reports.Alarmed(Samples.Alarm(), []);
        reports.Alarmed(Samples.Alarm() with { Cleared = Samples.Noon }, []);
        reports.Note("{Braces} are no template");

        var raised = Receive();
        (raised["CLOUDLET_EVENT"][0], raised["CLOUDLET_ALARM"][0], raised["PRIORITY"][0]).ShouldBe(("alarm-raised", "gave-up", "4"));
        Receive()["CLOUDLET_EVENT"].ShouldBe(["alarm-cleared"]);
        var note = Receive();
        (note["CLOUDLET_EVENT"][0], note["MESSAGE"][0]).ShouldBe(("note", "{Braces} are no template"));
    }

    [Fact]
    public void An_event_too_large_for_a_datagram_is_shortened()
    {
        Listen();

        _log.Information("{Text:l}", new string('x', 4 << 20));

        Receive()["MESSAGE"][0].ShouldStartWith("xxxx");
        _console.ToString().ShouldBeEmpty();
    }

    [Fact]
    public void A_slow_journal_is_not_waited_for_and_learns_how_much_it_missed()
    {
        Listen();
        for (var i = 0; i < 5000; i++)
            _log.Information("line");
        while (_journald.Available > 0)
            _ = Receive();

        _log.Information("after");

        int.Parse(Receive()["CLOUDLET_LOST"][0]).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Without_a_journal_lines_with_priorities_go_to_the_console()
    {
        _log.Warning("one\ntwo\u001b[31m");

        _console.ToString().ShouldBe("<4>one\n<4>two [31m\n");
    }

    private void Listen() => _journald.Bind(new UnixDomainSocketEndPoint(_dir["socket"]));

    private Dictionary<string, List<string>> Receive()
    {
        var buffer = new byte[1 << 20];
        return Fields(buffer.AsSpan(0, _journald.Receive(buffer)));
    }

    private static LogEvent Event(string text) =>
        new(Samples.Noon, LogEventLevel.Information, null, new MessageTemplate([new TextToken(text)]), []);

    /// <summary>Reads a datagram as journald does.</summary>
    private static Dictionary<string, List<string>> Fields(ReadOnlySpan<byte> datagram)
    {
        Dictionary<string, List<string>> fields = [];
        while (!datagram.IsEmpty)
        {
            var end = datagram.IndexOf((byte)'\n');
            var equals = datagram[..end].IndexOf((byte)'=');
            var name = Encoding.ASCII.GetString(datagram[..(equals < 0 ? end : equals)]);
            var start = equals < 0 ? end + 9 : equals + 1;
            var length = equals < 0 ? (int)BinaryPrimitives.ReadUInt64LittleEndian(datagram[(end + 1)..]) : end - start;
            if (!fields.TryGetValue(name, out var values))
                fields[name] = values = [];
            values.Add(Encoding.UTF8.GetString(datagram.Slice(start, length)));
            datagram[start + length].ShouldBe((byte)'\n');
            datagram = datagram[(start + length + 1)..];
        }

        return fields;
    }
}
