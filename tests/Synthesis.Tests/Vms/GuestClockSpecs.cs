using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Vms;

/// <summary>Guests whose agent says anything.</summary>
public sealed partial class GuestClockSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly Socket _agent = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public GuestClockSpecs()
    {
        Directory.CreateDirectory(_folder[QemuArguments.Sockets]);
        _agent.Bind(new UnixDomainSocketEndPoint(_folder[$"{QemuArguments.Sockets}/{QemuArguments.AgentSocket}"]));
        _agent.Listen();
    }

    public void Dispose()
    {
        _agent.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_clock_that_was_set_is_right_even_when_the_agent_complains()
    {
        _ = ServeAsync((command, number) => command switch
        {
            "guest-sync-delimited" => "\"left over\"}\n{\"return\": 1}\n\xff{\"return\": " + number + "}\n",
            "guest-set-time" => "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no hwclock\"}}\n",
            _ => $"{{\"return\": {Nanoseconds(DateTimeOffset.UtcNow)}}}\n",
        });
        (await CorrectAsync()).IsRight.ShouldBeTrue();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("99999999999999999999999999")]
    [InlineData("-9223372036854775808")]
    [InlineData("9223372036854775807")]
    [InlineData("\"now\"")]
    [InlineData("{}")]
    public async Task A_wrong_answer_is_a_stale_clock_and_nothing_worse(string time)
    {
        _ = ServeAsync((command, number) => $"{{\"return\": {(command == "guest-sync-delimited" ? number : time)}}}\n");
        (await CorrectAsync()).IsRight.ShouldBeFalse();
    }

    [Fact]
    public async Task Silence_and_noise_cost_their_time()
    {
        (await CorrectAsync(TimeSpan.FromMilliseconds(300))).Note.ShouldContain("no guest agent answered");
        _ = ServeAsync((_, _) => new string('x', 1 << 17));
        (await CorrectAsync(TimeSpan.FromSeconds(5))).IsRight.ShouldBeFalse();
    }

    [Fact]
    public async Task A_socket_of_somebody_else_is_not_spoken_to()
    {
        var error = await Should.ThrowAsync<CloudletException>(GuestClock.CorrectAsync(Vm(ProcessIdentity.Of(1)!), TimeSpan.FromSeconds(5), CancellationToken.None));
        error.Message.ShouldContain("somebody replaced it");
    }

    private static string Nanoseconds(DateTimeOffset time) => ((time - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture);

    private Task<ClockNote> CorrectAsync(TimeSpan? limit = null) => GuestClock.CorrectAsync(Vm(ProcessIdentity.Of(Environment.ProcessId)!), limit ?? TimeSpan.FromSeconds(20), CancellationToken.None);

    private RunningVm Vm(ProcessIdentity process) => new(new VmRecord { Id = "x", BaseId = "y", Process = process, Created = DateTimeOffset.UnixEpoch }, _folder.Path);

    private async Task ServeAsync(Func<string, string, string> answer)
    {
        while (true)
        {
            using var stream = new NetworkStream(await _agent.AcceptAsync(), ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            while (await ReadAsync(reader) is { } line)
                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer(Command().Match(line).Groups["name"].Value, Number().Match(line).Groups["number"].Value)));
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

    [GeneratedRegex("\"execute\":\"(?<name>[a-z-]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Command();

    [GeneratedRegex("\"(?:id|time)\":(?<number>[0-9]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}
