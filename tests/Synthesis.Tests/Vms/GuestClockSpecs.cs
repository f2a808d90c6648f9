using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Vms;

/// <summary>Guests with a scripted agent, and a scripted QEMU.</summary>
public sealed partial class GuestClockSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly Socket _agent,
        _control;
    private string _ports = Ports(isOpen: true);
    private string _status = "{}";

    public GuestClockSpecs()
    {
        Directory.CreateDirectory(_folder[QemuArguments.Sockets]);
        (_agent, _control) = (Listen(QemuArguments.AgentSocket), Listen(QemuArguments.ControlSocket));
        _ = ServeAsync(
            _control,
            (command, number) =>
                $"{{\"id\": {number}, \"return\": {command switch { "query-chardev" => _ports, "query-status" => _status, _ => "{}" }}}}\n",
            "{\"QMP\": {}}\n"
        );
    }

    public void Dispose()
    {
        _agent.Dispose();
        _control.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_clock_that_was_set_is_right_even_when_the_agent_reports_an_error()
    {
        _ = ServeAsync(
            _agent,
            (command, number) =>
                command switch
                {
                    "guest-sync-delimited" => "\"left over\"}\n{\"return\": 1}\n\xff{\"return\": " + number + "}\n",
                    "guest-set-time" => "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no hwclock\"}}\n",
                    _ => $"{{\"return\": {Nanoseconds(DateTimeOffset.UtcNow)}}}\n",
                }
        );
        (await CorrectAsync()).IsRight.ShouldBeTrue();
    }

    [Fact]
    public async Task An_agent_that_waits_for_the_hardware_clock_causes_no_wait()
    {
        var set = false;
        _ = ServeAsync(
            _agent,
            (command, number) =>
                command switch
                {
                    "guest-sync-delimited" => "\xff{\"return\": " + number + "}\n",
                    "guest-exec" => Set(),
                    "guest-exec-status" => "{\"return\": {\"exited\": true, \"exitcode\": 0}}\n",
                    "guest-get-time" => $"{{\"return\": {(set ? Nanoseconds(DateTimeOffset.UtcNow) : "5")}}}\n",
                    _ => "", // hwclock(8) waits for its part of a second
                }
        );
        (await CorrectAsync()).IsRight.ShouldBeTrue();

        string Set()
        {
            set = true;
            return "{\"return\": {\"pid\": 5}}\n";
        }
    }

    [Fact]
    public async Task A_program_that_starts_late_leaves_the_clock_right()
    {
        var (behind, late) = (300.0, 5.0);
        _ = ServeAsync(
            _agent,
            (command, number, line) =>
            {
                switch (command)
                {
                    case "guest-sync-delimited":
                        return "\xff{\"return\": " + number + "}\n";
                    case "guest-exec" when Shift().Match(line) is { Success: true } shift:
                        behind -= double.Parse(shift.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture);
                        return "{\"return\": {\"pid\": 5}}\n";
                    case "guest-exec": // a time, which is set when it has passed
                        behind = late;
                        return "{\"return\": {\"pid\": 5}}\n";
                    case "guest-exec-status":
                        return "{\"return\": {\"exited\": true, \"exitcode\": 0}}\n";
                    case "guest-get-time":
                        return $"{{\"return\": {Nanoseconds(DateTimeOffset.UtcNow.AddSeconds(-behind))}}}\n";
                    default:
                        return ""; // hwclock(8) waits for its part of a second
                }
            }
        );
        (await CorrectAsync(TimeSpan.FromSeconds(5))).IsRight.ShouldBeTrue();
        Math.Abs(behind).ShouldBeLessThan(1);
    }

    [Fact]
    public async Task A_right_clock_is_recognized_however_long_the_answer_took()
    {
        var times = 0;
        _ = ServeAsync(
            _agent,
            (command, number) =>
            {
                if (command == "guest-sync-delimited")
                    return "\xff{\"return\": " + number + "}\n";
                if (command != "guest-get-time")
                    return "{\"error\": {}}\n";
                var now = Nanoseconds(DateTimeOffset.UtcNow);
                if (++times == 2)
                    Thread.Sleep(TimeSpan.FromSeconds(3.2));
                return $"{{\"return\": {now}}}\n";
            }
        );
        (await CorrectAsync()).IsRight.ShouldBeTrue();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("99999999999999999999999999")]
    [InlineData("-9223372036854775808")]
    [InlineData("9223372036854775807")]
    [InlineData("\"now\"")]
    [InlineData("{}")]
    public async Task A_wrong_answer_gives_a_stale_clock_and_no_other_harm(string time)
    {
        _ = ServeAsync(_agent, (command, number) => $"{{\"return\": {(command == "guest-sync-delimited" ? number : time)}}}\n");
        (await CorrectAsync()).IsRight.ShouldBeFalse();
    }

    [Fact]
    public async Task Silence_and_noise_time_out()
    {
        (await CorrectAsync(TimeSpan.FromMilliseconds(300))).Note.ShouldContain("no guest agent answers");
        _ = ServeAsync(_agent, (_, _) => new string('x', 1 << 17));
        (await CorrectAsync(TimeSpan.FromSeconds(5))).IsRight.ShouldBeFalse();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""[5, {"label": 5}, {"label": "agent"}, {"label": "agent", "frontend-open": 1}]""")]
    [InlineData("\"agent\"")]
    public async Task A_guest_without_an_agent_is_not_waited_for(string? ports)
    {
        _ports = ports ?? Ports(isOpen: false);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        (
            await GuestClock.CorrectAsync(Vm(ProcessIdentity.Of(Environment.ProcessId)!), TimeSpan.FromHours(1), limit.Token)
        ).Note.ShouldContain("no guest agent answers");
    }

    [Fact]
    public async Task A_foreign_socket_is_not_used()
    {
        var error = await Should.ThrowAsync<CloudletException>(
            GuestClock.CorrectAsync(Vm(ProcessIdentity.Of(1)!), TimeSpan.FromSeconds(5), CancellationToken.None)
        );
        error.Message.ShouldContain("another process listens on the socket");
    }

    [Theory]
    [InlineData("5")]
    [InlineData("{\"status\": []}")]
    [InlineData("{\"running\": \"paused\"}")]
    public async Task A_qemu_with_an_unknown_state_counts_as_running(string status)
    {
        _status = status;
        (await Vm(ProcessIdentity.Of(Environment.ProcessId)!).StateAsync(CancellationToken.None)).ShouldBe(VmState.Running);
    }

    private static string Ports(bool isOpen) =>
        $$"""[{"label": "agent", "frontend-open": {{(isOpen ? "true" : "false")}}, "filename": ""}]""";

    private static string Nanoseconds(DateTimeOffset time) =>
        ((time - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture);

    private Task<ClockNote> CorrectAsync(TimeSpan? limit = null) =>
        GuestClock.CorrectAsync(Vm(ProcessIdentity.Of(Environment.ProcessId)!), limit ?? TimeSpan.FromSeconds(20), CancellationToken.None);

    private RunningVm Vm(ProcessIdentity process) =>
        new(
            new VmRecord
            {
                Id = "x",
                BaseId = "y",
                Process = process,
                Created = DateTimeOffset.UnixEpoch,
            },
            _folder.Path
        );

    private Socket Listen(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder[$"{QemuArguments.Sockets}/{name}"]));
        socket.Listen();
        return socket;
    }

    private static Task ServeAsync(Socket listener, Func<string, string, string> answer, string greeting = "") =>
        ServeAsync(listener, (command, number, _) => answer(command, number), greeting);

    private static async Task ServeAsync(Socket listener, Func<string, string, string, string> answer, string greeting = "")
    {
        while (true)
        {
            using var stream = new NetworkStream(await listener.AcceptAsync(), ownsSocket: true);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(greeting));
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadAsync(reader) is { } line)
                await stream.WriteAsync(
                    Encoding.Latin1.GetBytes(
                        answer(Command().Match(line).Groups["name"].Value, Number().Match(line).Groups["number"].Value, line)
                    )
                );
        }
    }

    private static async Task<string?> ReadAsync(StreamReader reader)
    {
        try
        {
            return await reader.ReadLineAsync();
        }
        catch (IOException)
        {
            return null;
        }
    }

    [GeneratedRegex("\"execute\":\"(?<name>[a-z_-]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Command();

    [GeneratedRegex("date -u -s (?:'|\\\\u0027)(?<seconds>-?[0-9.]+) seconds", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Shift();

    [GeneratedRegex("\"(?:id|time)\":(?<number>[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}
