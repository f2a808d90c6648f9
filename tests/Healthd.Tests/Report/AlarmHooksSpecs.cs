using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Cloudlet.DesiredState.Health;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Report.Hooks;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Healthd.Tests.Report;

public sealed class AlarmHooksSpecs : IDisposable
{
    private static readonly HookLimits Quick = new() { Pauses = [TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(20)] };

    private readonly TempDir _dir = new();
    private readonly ConcurrentQueue<string> _notes = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public async Task A_program_gets_the_alarm_on_its_input_and_in_its_environment()
    {
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", "/nowhere");
        using var hooks = Program(
            $"cat > {_dir["in"]}; echo \"$CLOUDLET_ALARM $CLOUDLET_SUBJECT $CLOUDLET_STATE ${{NOTIFY_SOCKET-none}} $1\" > {_dir["env"]}",
            "an $argument; as it is"
        );

        await TellAsync(hooks, Samples.Alarm());
        Environment.SetEnvironmentVariable("NOTIFY_SOCKET", null);

        JsonSerializer.Deserialize(File.ReadAllText(_dir["in"]), ReportJson.Default.Alarm).ShouldBe(Samples.Alarm());
        File.ReadAllText(_dir["env"]).ShouldBe("gave-up link:a raised none an $argument; as it is\n");
        _notes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cleared_alarm_is_passed_as_cleared()
    {
        using var hooks = Program($"echo $CLOUDLET_STATE > {_dir["env"]}");

        await TellAsync(hooks, Samples.Alarm() with { Cleared = Samples.Noon });

        File.ReadAllText(_dir["env"]).ShouldBe("cleared\n");
    }

    [Fact]
    public async Task A_failing_program_is_noted_with_the_beginning_of_its_output()
    {
        using var hooks = Program("echo no mailer >&2; head -c 100000 /dev/zero | tr '\\0' x >&2; exit 3");

        await TellAsync(hooks, Samples.Alarm());

        var note = _notes.ShouldHaveSingleItem();
        note.ShouldContain("exit code 3");
        note.ShouldContain("no mailer");
        note.Length.ShouldBeLessThan(2300);
    }

    [Fact]
    public async Task A_program_that_does_not_read_its_input_is_not_a_failure()
    {
        using var hooks = Program("exec <&-");

        await TellAsync(hooks, Samples.Alarm());

        _notes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_program_that_hangs_is_killed_with_its_children()
    {
        using var hooks = Hooks(Shell($"sleep 300 & echo $! > {_dir["pid"]}; wait"), Quick with { Program = TimeSpan.FromSeconds(2) });

        await TellAsync(hooks, Samples.Alarm());

        _notes.ShouldHaveSingleItem().ShouldContain("did not end within 2 s");
        var child = int.Parse(File.ReadAllText(_dir["pid"]));
        IsRunning(child).ShouldBeFalse();
    }

    [Fact]
    public async Task A_missing_program_is_noted()
    {
        using var hooks = Hooks(new HealthSettings { OnAlarm = [_dir["missing"]] });

        await TellAsync(hooks, Samples.Alarm());

        _notes.ShouldHaveSingleItem().ShouldContain("could not be run");
    }

    [Fact]
    public async Task The_daemon_does_not_wait_for_hooks_and_stops_them_when_it_stops()
    {
        var hooks = Program($"echo $$ > {_dir["pid"]}; exec sleep 300");
        var watch = Stopwatch.StartNew();

        hooks.Alarmed(Samples.Alarm(), []);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2));
        SpinWait.SpinUntil(() => File.Exists(_dir["pid"]) && new FileInfo(_dir["pid"]).Length > 0, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        hooks.Dispose();
        await hooks.WhenIdleAsync().WaitAsync(TimeSpan.FromSeconds(10));
        IsRunning(int.Parse(File.ReadAllText(_dir["pid"]))).ShouldBeFalse();
    }

    [Fact]
    public async Task When_too_many_alarms_wait_the_oldest_are_dropped_and_that_is_noted_once()
    {
        var first = new TaskCompletionSource();
        List<string> told = [];
        using var queue = new AlarmQueue(
            3,
            async (alarm, _) =>
            {
                await first.Task;
                told.Add(alarm.Subject);
            },
            () => _notes.Enqueue("overflow")
        );

        queue.Add(Samples.Alarm(subject: "first"));
        SpinWait.SpinUntil(() => queue.Waiting == 0, TimeSpan.FromSeconds(10)).ShouldBeTrue();
        foreach (var subject in (string[])["a", "b", "c", "d", "e"])
            queue.Add(Samples.Alarm(subject: subject));
        first.SetResult();
        await queue.WhenIdleAsync();

        told.ShouldBe(["first", "c", "d", "e"]);
        _notes.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_alarm_is_posted_as_json()
    {
        using var server = LoopbackServer.WithCodes(204);
        using var hooks = Webhook($"{server.Url}/hook?key=1\n");

        await TellAsync(hooks, Samples.Alarm());

        var request = server.Requests.ShouldHaveSingleItem();
        (request.Method, request.Path, request.Type).ShouldBe(("POST", "/hook?key=1", "application/json"));
        JsonSerializer.Deserialize(request.Body, ReportJson.Default.Alarm).ShouldBe(Samples.Alarm());
        _notes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(new[] { 500, 200 }, 2, false)]
    [InlineData(new[] { 500, 503, 429 }, 3, true)]
    [InlineData(new[] { 404 }, 1, true)]
    [InlineData(new[] { 302 }, 1, true)]
    public async Task It_is_retried_where_that_may_help(int[] codes, int requests, bool isNoted)
    {
        using var server = LoopbackServer.WithCodes(codes);
        using var hooks = Webhook($"{server.Url}/secret");

        await TellAsync(hooks, Samples.Alarm());

        server.Requests.Count.ShouldBe(requests);
        _notes.Count.ShouldBe(isNoted ? 1 : 0);
        _notes.ShouldAllBe(n => !n.Contains("127.0.0.1") && !n.Contains("/secret"));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        using var server = new LoopbackServer((_, _) => Task.Delay(TimeSpan.FromSeconds(30)));
        using var hooks = Webhook(server.Url, Quick with { Post = TimeSpan.FromMilliseconds(300), Pauses = [] });

        await TellAsync(hooks, Samples.Alarm());

        _notes.ShouldHaveSingleItem().ShouldContain("no answer within 0.3 s");
    }

    [Fact]
    public async Task A_missing_server_is_noted_without_its_name()
    {
        var port = LoopbackServer.FreePort();
        using var hooks = Webhook($"http://127.0.0.1:{port}/secret");

        await TellAsync(hooks, Samples.Alarm());

        var note = _notes.ShouldHaveSingleItem();
        note.ShouldContain("3 attempts");
        note.ShouldNotContain($"{port}");
    }

    [Theory]
    [InlineData("ftp://example.org/secret")]
    [InlineData("/secret")]
    [InlineData("secret")]
    [InlineData("file:///secret")]
    public async Task Only_http_urls_are_posted_to(string url)
    {
        using var hooks = Webhook(url);

        await TellAsync(hooks, Samples.Alarm());

        _notes.ShouldHaveSingleItem().ShouldNotContain("secret");
    }

    [Fact]
    public async Task The_url_is_read_for_each_use()
    {
        using var server = LoopbackServer.WithCodes(200);
        using var hooks = Hooks(new HealthSettings { WebhookFile = _dir["url"] });
        await TellAsync(hooks, Samples.Alarm());
        _notes.ShouldHaveSingleItem().ShouldContain("does not exist");

        _dir.Write("url", server.Url);
        await TellAsync(hooks, Samples.Alarm());

        server.Requests.Count.ShouldBe(1);
    }

    private AlarmHooks Program(string script, params string[] arguments) => Hooks(Shell(script, arguments));

    private AlarmHooks Webhook(string url, HookLimits? limits = null) =>
        Hooks(new HealthSettings { WebhookFile = _dir.Write("url", url) }, limits);

    private AlarmHooks Hooks(HealthSettings settings, HookLimits? limits = null) =>
        new(settings, new HostFiles(), TimeProvider.System, _notes.Enqueue, limits ?? Quick);

    private static HealthSettings Shell(string script, params string[] arguments) =>
        new() { OnAlarm = ["/bin/sh", "-c", script, "hook", .. arguments] };

    private static async Task TellAsync(AlarmHooks hooks, Alarm alarm)
    {
        hooks.Alarmed(alarm, []);
        await hooks.WhenIdleAsync().WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>A zombie process counts as stopped.</summary>
    private static bool IsRunning(int pid) =>
        !SpinWait.SpinUntil(
            () => !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z "),
            TimeSpan.FromSeconds(5)
        );
}
