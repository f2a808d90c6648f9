using System.Text.Json;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.Health;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Databases;

/// <summary>A lab host with MariaDB, RabbitMQ and strace.</summary>
public sealed class DatabaseHost() : LabHostFixture(LabBoot.Networkd)
{
    protected override IReadOnlyList<string> Packages => ["mariadb-server", "rabbitmq-server", "strace", "openssl"];
}

/// <summary>The host of templates/sites/databases.yaml, with a health daemon.</summary>
public sealed class DatabaseConverge() : ConvergeHost(new DatabaseHost(), LabBoot.Networkd, "healthd.yaml")
{
    protected override string Site => "databases.yaml";
}

/// <summary>Real servers: what they hold becomes as described and stays so, and passwords appear nowhere.</summary>
public sealed class DatabaseSpecs(DatabaseConverge site) : IClassFixture<DatabaseConverge>
{
    private const string Secrets =
        "umask 077; mkdir -p /etc/cloudlet/secrets; for s in db-app broker; do test -e /etc/cloudlet/secrets/$s || "
        + "openssl rand -hex 16 >/etc/cloudlet/secrets/$s; done";

    /// <summary>Records every program that a login starts from now on, with its arguments and environment.</summary>
    private const string Trace =
        "systemd-run -q --unit=exec-trace strace -f -v -qq -s 8192 -e trace=execve -o /root/exec-trace -p $(systemctl show -P MainPID ssh)"
        + "; "
        + "for i in $(seq 50); do grep -q '^TracerPid:.[1-9]' /proc/$(systemctl show -P MainPID ssh)/status && exit 0; "
        + "sleep 0.1; done; exit 1";

    /// <summary>Full checks every few seconds: a server reports no event for a changed account.</summary>
    private const string Often = "health: {fullLook: 10}";

    private const string Migrations = "/usr/lib/python3/dist-packages/placement/db/sqlalchemy/alembic/versions";

    private const string Placement = $"""
        id placement >/dev/null 2>&1 || useradd -r placement
        rm -f /tmp/placement-runs
        mkdir -p {Migrations}
        rm -f {Migrations}/*
        printf "revision = 'a1'\ndown_revision = None\n" >{Migrations}/a1.py
        cat >/usr/bin/placement-manage <<'END'
        #!/bin/sh
        echo "$(id -un) $*" >>/tmp/placement-runs
        last=$(ls {Migrations} | tail -1)
        mariadb --no-defaults placement -e "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32)); \
          DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('$(basename $last .py)')"
        END
        chmod 755 /usr/bin/placement-manage
        mariadb -e "CREATE OR REPLACE USER placement@localhost IDENTIFIED VIA unix_socket; GRANT ALL ON placement.* TO placement@localhost"
        """;

    private readonly HealedHost _host = new(site, site.Write(Often));

    [Fact]
    public async Task What_is_described_is_there_a_second_plan_is_empty_and_the_account_works()
    {
        await BeginAsync();

        (await site.RunAsync("plan", site.Write(Often))).ShouldExitWith(0).Named("planned").ShouldAllBe(static e => IsEmpty(e));
        (await SqlAsAppAsync("CREATE TABLE IF NOT EXISTS app.t (n INT); SHOW DATABASES")).ShouldContain("app_archive");
        (
            await site.ShellAsync(
                "mariadb -NBe \"SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='app'\""
            )
        ).ShouldBe("utf8mb4");
        (await site.ShellAsync("rabbitmqctl -q list_permissions --no-table-headers")).ShouldContain("app\t.*\t.*\t.*");
    }

    [Fact]
    public async Task A_new_password_in_a_secret_is_set_at_once_without_a_restart()
    {
        await BeginAsync();
        var started = await StartsAsync();

        await site.ShellAsync("umask 077; openssl rand -hex 16 >/etc/cloudlet/secrets/db-app");
        await LabHostFixture.EventuallyAsync(
            async () => (await site.Host.ExecAsync("sh", "-c", AsApp("SELECT 1"))).ExitCode == 0,
            "the account has the new password"
        );

        (await StartsAsync()).ShouldBe(started);
    }

    [Fact]
    public async Task Accounts_go_when_they_leave_the_description_and_databases_stay()
    {
        await BeginAsync();
        await site.ShellAsync("mariadb -e 'CREATE TABLE IF NOT EXISTS app.t (n INT); INSERT INTO app.t VALUES (7)'");

        var overlay = site.Write("health: ~\ndatabases: ~\ndatabaseAccounts: ~\nbrokerAccounts: ~");
        (await site.RunAsync("apply", overlay)).ShouldExitWith(0);

        (await site.ShellAsync("mariadb -NBe \"SELECT COUNT(*) FROM mysql.global_priv WHERE User='app'\"")).ShouldBe("0");
        (await site.ShellAsync("mariadb -NBe 'SELECT MAX(n) FROM app.t'")).ShouldBe("7");
        (await site.ShellAsync("rabbitmqctl -q list_users --no-table-headers")).ShouldNotContain("app");
    }

    [Fact]
    public async Task Passwords_are_in_no_argument_journal_state_or_log()
    {
        await BeginAsync();
        var secrets = (await site.ShellAsync("cat /etc/cloudlet/secrets/db-app /etc/cloudlet/secrets/broker")).Split('\n');
        await site.ShellAsync("systemctl stop cloudlet-healthd; mariadb -e 'DROP USER app@localhost'; rabbitmqctl -q delete_user app");
        await site.ShellAsync(Trace);

        (await site.RunAsync("apply", site.Write(Often))).ShouldExitWith(0);

        var trace = await site.ShellAsync("systemctl stop exec-trace; cat /root/exec-trace");
        trace.ShouldContain("mariadb");
        trace.ShouldContain("rabbitmqctl");
        foreach (var secret in secrets)
        {
            trace.ShouldNotContain(secret);
            (await site.Host.ExecAsync("sh", "-c", $"journalctl -q --no-pager | grep -F {secret}")).Output.ShouldBeEmpty();
            (
                await site.Host.ExecAsync(
                    "sh",
                    "-c",
                    $"grep -rlF {secret} /var/lib/cloudlet /run/cloudlet /var/log /etc /tmp --exclude-dir=secrets 2>/dev/null"
                )
            ).Output.ShouldBeEmpty();
        }
    }

    /// <summary>A stand-in for Placement: real migrations take Python and minutes, and are tested with the whole OpenStack.</summary>
    [Fact]
    public async Task Tables_are_made_once_and_migrated_by_apply_only()
    {
        await BeginAsync();
        await site.ShellAsync(Placement);
        var overlay = site.Write($"{Often}\ndatabases: {{placement: }}\nschemas: {{placement: }}");
        var host = new HealedHost(site, overlay);

        (await site.RunAsync("apply", overlay)).ShouldExitWith(0).Result.ShouldBe("changed");
        (await site.RunAsync("apply", overlay)).ShouldExitWith(0).Result.ShouldBe("unchanged");
        (await site.ShellAsync("cat /tmp/placement-runs")).ShouldBe("placement db sync");

        await site.ShellAsync($"printf \"revision = 'b2'\\ndown_revision = 'a1'\\n\" >{Migrations}/b2.py");
        (await site.RunAsync("verify", overlay)).ShouldExitWith(2).Drift.ShouldBe(["schema:placement version"]);
        await host.AlarmAsync("schema-behind schema:placement");
        (await site.ShellAsync("cat /tmp/placement-runs")).ShouldBe("placement db sync");
        (await site.RunAsync("apply", overlay)).ShouldExitWith(0);
        await host.NoAlarmAsync("schema-behind schema:placement");

        await site.ShellAsync("mariadb -e \"UPDATE placement.alembic_version SET version_num='zz'\"");
        (await site.RunAsync("plan", overlay)).ShouldExitWith(3);

        (await site.ShellAsync("wc -l </tmp/placement-runs")).ShouldBe("2");
    }

    private async Task BeginAsync()
    {
        await site.Host.UpAsync();
        await site.ShellAsync(Secrets);
        await _host.BeginAsync();
    }

    private Task<string> SqlAsAppAsync(string sql) => site.ShellAsync(AsApp(sql));

    private static string AsApp(string sql) =>
        $"MYSQL_PWD=$(cat /etc/cloudlet/secrets/db-app) mariadb --no-defaults -uapp -hlocalhost -NBe '{sql}'";

    private Task<string> StartsAsync() => site.ShellAsync("for u in mariadb rabbitmq-server; do systemctl show -P InvocationID $u; done");

    private static bool IsEmpty(JsonElement planned) => planned.GetProperty("changes").GetArrayLength() == 0;
}
