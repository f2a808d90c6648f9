using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.Health;

namespace Cloudlet.Lab.Tests.Secrets;

/// <summary>Secrets over ssh to a real host: made there and taken here, repaired by the daemon, rotated, and removed.</summary>
public sealed class SecretSpecs(HealthConverge site) : IClassFixture<HealthConverge>
{
    private const string Key = "Xq7-key-of-a-file";
    private const string Tool = "Zw9-printed-by-a-program";
    private const string Folder = "/etc/cloudlet/secrets";
    private const string Environment = "/etc/secretive.env";

    private const string Users = """
        files:
          /etc/secretive.env: {content: "SESSION=${secret:session}\nKEY=${secret:key}\nTOOL=${secret:tool}\n", mode: "0600"}
        units:
          secretive.service:
            running: true
            content: |
              [Service]
              EnvironmentFile=/etc/secretive.env
              ExecStart=/bin/sleep infinity
        """;

    [Fact]
    public async Task Values_are_made_and_taken_and_a_second_plan_is_empty()
    {
        var overlay = await BeginAsync();

        (await site.RunAsync("apply", overlay)).ShouldExitWith(0).Result.ShouldBe("unchanged");
        (await ReadAsync("session")).Length.ShouldBe(32);
        (await ReadAsync("key")).ShouldBe(Key);
        (await ReadAsync("tool")).ShouldBe(Tool);
        (await site.ShellAsync($"cat {Environment}")).ShouldBe($"SESSION={await ReadAsync("session")}\nKEY={Key}\nTOOL={Tool}");
        (await site.ShellAsync($"stat -c '%a %U:%G' {Folder}/*")).ShouldBe("600 root:root\n600 root:root\n600 root:root");
        (await site.ShellAsync($"stat -c %a {Folder}")).ShouldBe("711");
    }

    [Fact]
    public async Task Values_are_in_no_output_record_or_log()
    {
        var overlay = await BeginAsync();
        await site.ShellAsync($"rm {Folder}/key; echo x >{Folder}/session");
        await new HealedHost(site, overlay).HealedAsync();
        var run = await site.RunAsync("apply", Overlay(key: "Aq1-another-key"));
        run.ShouldExitWith(0).Result.ShouldBe("changed");

        foreach (var value in new[] { Key, Tool, "Aq1-another-key", await ReadAsync("session") })
        {
            (run.Output + run.Error).ShouldNotContain(value);
            (await site.Host.ExecAsync("sh", "-c", $"journalctl -q --no-pager | grep -F {value}")).Output.ShouldBeEmpty();
            (
                await site.Host.ExecAsync("sh", "-c", $"grep -rlF {value} /var/lib/cloudlet /run/cloudlet /var/log /tmp /root 2>/dev/null")
            ).Output.ShouldBeEmpty();
            (
                await site.Host.ExecAsync("sh", "-c", $"grep -rlF {value} /etc | grep -v '^{Folder}/' | grep -vx {Environment}")
            ).Output.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task The_daemon_restores_a_secret_with_its_value_and_permissions()
    {
        var overlay = await BeginAsync();
        var (session, host) = (await ReadAsync("session"), new HealedHost(site, overlay));

        await site.ShellAsync($"rm {Folder}/session; echo damaged >{Folder}/key; chmod 644 {Folder}/tool");
        await host.HealedAsync();

        (await ReadAsync("session")).ShouldBe(session);
        (await ReadAsync("key")).ShouldBe(Key);
        (await site.ShellAsync($"stat -c '%a %U:%G' {Folder}/*")).ShouldBe("600 root:root\n600 root:root\n600 root:root");
    }

    [Fact]
    public async Task The_daemon_makes_up_no_value()
    {
        var overlay = await BeginAsync();
        var host = new HealedHost(site, overlay);

        await site.ShellAsync($"rm /var/lib/cloudlet/secrets/session {Folder}/session");
        await host.AlarmAsync("secret-missing secret:session");
        (await site.Host.ExecAsync("test", "-e", $"{Folder}/session")).ExitCode.ShouldNotBe(0);
        (await site.RunAsync("apply", overlay)).ShouldExitWith(0);

        await host.NoAlarmAsync("secret-missing secret:session");
        (await ReadAsync("session")).Length.ShouldBe(32);
    }

    [Fact]
    public async Task Another_version_or_value_changes_what_uses_it_and_a_rollback_returns_it()
    {
        await BeginAsync();
        var (session, started) = (await ReadAsync("session"), await StartedAsync());

        (await site.RunAsync("apply", Overlay(session: "{generate: 32, version: 2}", key: "Aq1-another-key"))).ShouldExitWith(0);
        (await ReadAsync("session")).ShouldNotBe(session);
        (await site.ShellAsync($"cat {Environment}")).ShouldContain("KEY=Aq1-another-key");
        (await StartedAsync()).ShouldNotBe(started);
        (await site.RunAsync("rollback")).ShouldExitWith(0);

        (await ReadAsync("session")).ShouldBe(session);
        (await ReadAsync("key")).ShouldBe(Key);
    }

    [Fact]
    public async Task A_value_that_is_missing_here_refuses_an_apply_and_not_a_plan()
    {
        await BeginAsync();
        var overlay = Overlay(tool: "[cat, nowhere]");

        (await site.RunAsync("plan", overlay)).ShouldExitWith(0);
        var refused = (await site.RunAsync("apply", overlay)).ShouldExitWith(3);

        refused.Output.ShouldContain("cat failed with exit status 1");
    }

    [Fact]
    public async Task Secrets_go_when_they_leave_the_description_and_a_foreign_one_stays()
    {
        await BeginAsync();
        await site.ShellAsync($"echo mine >{Folder}/mine");

        (await site.RunAsync("apply")).ShouldExitWith(0);

        (await site.ShellAsync($"ls {Folder}; rm {Folder}/mine")).ShouldBe("mine");
        (await site.ShellAsync("ls /var/lib/cloudlet/secrets")).ShouldBeEmpty();
    }

    private async Task<string> BeginAsync()
    {
        var overlay = Overlay();
        await new HealedHost(site, overlay).BeginAsync();
        return overlay;
    }

    private string Overlay(string session = "{generate: 32}", string key = Key, string tool = "[cat, tool]")
    {
        var name = $"{Guid.NewGuid():N}";
        var overlay = site.Write($"secrets: {{session: {session}, key: {{file: {name}}}, tool: {{command: {tool}}}}}\n{Users}");
        var folder = Path.GetDirectoryName(overlay)!;
        File.WriteAllText(Path.Combine(folder, name), $"{key}\n");
        File.WriteAllText(Path.Combine(folder, "tool"), $"{Tool}\n");
        return overlay;
    }

    private Task<string> ReadAsync(string name) => site.ShellAsync($"cat {Folder}/{name}");

    private Task<string> StartedAsync() => site.ShellAsync("systemctl show -P InvocationID secretive.service");
}
