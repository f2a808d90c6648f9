namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Units, the files that they are made of, and templates, with real systemd.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class LeavingUnitsSpecs(NetworkdConverge site)
{
    private const string Service = "[Service]\\nExecStart=/bin/sleep infinity\\n";

    [Fact]
    public async Task A_template_is_described_like_any_unit_and_its_instances_load_changes()
    {
        await site.ConvergeAsync();
        var first = Templates("/bin/sleep 1001");
        (await site.RunAsync("apply", first)).ShouldExitWith(0);
        (await site.RunAsync("verify", first)).ShouldExitWith(0);
        (
            await site.ShellAsync(
                "systemctl is-enabled xa@.service; systemctl is-active xa@1.service; systemctl cat getty@.service | grep -qx '# "
                    + "lab-drop-in' && echo 1"
            )
        ).ShouldBe("enabled\nactive\n1");

        (await site.RunAsync("apply", Templates("/bin/sleep 1002"))).ShouldExitWith(0);
        (await site.ShellAsync("tr '\\0' ' ' < /proc/$(systemctl show -P MainPID xa@1.service)/cmdline"))
            .Trim()
            .ShouldBe("/bin/sleep 1002");

        await site.ConvergeAsync();
        (
            await site.ShellAsync(
                "systemctl is-active xa@1.service || true; ls /etc/systemd/system /etc/systemd/system/multi-user.target.wants | "
                    + "grep -c xa@ || true"
            )
        ).ShouldBe("inactive\n0");
    }

    [Fact]
    public async Task A_template_that_should_run_is_refused_by_name()
    {
        await site.ConvergeAsync();
        var run = await site.RunAsync("plan", site.Write($"units: {{xa@.service: {{content: \"{Service}\", running: true}}}}"));
        run.ShouldExitWith(3);
        run.Output.ShouldContain("xa@.service is a template: its instances run");
    }

    [Theory]
    [InlineData("x-lab.service", "x-lab.service", false)]
    [InlineData("x-lab.service", "x-lab.service", true)]
    [InlineData("x-lab@.service", "x-lab@one.service", false)]
    [InlineData("x-lab@.service", "x-lab@one.service", true)]
    public async Task A_unit_stops_before_its_file_and_its_environment_are_removed(string file, string unit, bool byRollback)
    {
        await site.ConvergeAsync();

        // Its stop command needs both: the unit file that contains it, and the environment that it reads.
        var both = site.Write(
            $"""
            files:
              /etc/x-lab.env: {"{"}content: "OUT=/run/x-lab.stopped\n"{"}"}
              /etc/systemd/system/{file}: {"{"}content: "[Service]\nEnvironmentFile=/etc/x-lab.env\nExecStart=/bin/sleep infinity\nExecStop=/bin/sh -c 'touch $OUT; test -e /etc/x-lab.env && echo well > $OUT'\n"{"}"}
            units: {"{"}{unit}: {"{"}running: true{"}"}{"}"}
            """
        );
        (await site.RunAsync("apply", both)).ShouldExitWith(0);
        (await site.ShellAsync($"rm -f /run/x-lab.stopped; systemctl is-active {unit}")).ShouldBe("active");

        (await (byRollback ? site.RunAsync("rollback") : site.RunAsync("apply"))).ShouldExitWith(0);

        (
            await site.ShellAsync(
                $"cat /run/x-lab.stopped; systemctl is-active {unit} || true; ls /etc/x-lab.env /etc/systemd/system/{file} "
                    + "2>/dev/null || true"
            )
        ).ShouldBe("well\ninactive");
        (await site.RunAsync("apply")).ShouldExitWith(0).Named("planned").Single().GetProperty("changes").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_masked_unit_is_refused_before_its_drop_in_is_written()
    {
        await site.ConvergeAsync();
        await site.ShellAsync("systemctl mask getty@.service >/dev/null 2>&1; test -L /etc/systemd/system/getty@.service");
        try
        {
            var run = await site.RunAsync(
                "apply",
                site.Write("units: {getty@tty9.service: {running: true, dropIns: {x: \"[Service]\\nNice=1\\n\"}}}")
            );
            run.ShouldExitWith(3);
            run.Output.ShouldContain("an operator masked getty@.service (by /etc/systemd/system/getty@.service)");
            (await site.ShellAsync("ls -d /etc/systemd/system/getty@tty9.service.d 2>/dev/null || true")).ShouldBe("");
        }
        finally
        {
            await site.ShellAsync("systemctl unmask getty@.service >/dev/null 2>&1 || true");
        }
    }

    [Theory]
    [InlineData("ConditionPathExists=/etc/not-there")]
    [InlineData("AssertPathExists=/etc/not-there")]
    public async Task A_failed_condition_is_named_by_apply_and_verify(string condition)
    {
        await site.ConvergeAsync();
        var file = site.Write($"units: {{x-cond.service: {{running: true, content: \"[Unit]\\n{condition}\\n{Service}\"}}}}");
        try
        {
            var run = await site.RunAsync("apply", file);
            run.ShouldExitWith(1)
                .Named("change-failed")
                .ShouldContain(e => e.GetProperty("message").GetString()!.Contains($"not met: {condition}"), run.Output);
            var verify = await site.RunAsync("verify", file);
            verify.Named("verified").Single().GetRawText().ShouldContain($"not met: {condition}", Case.Sensitive, verify.Output);
        }
        finally
        {
            await site.ConvergeAsync();
        }
    }

    private string Templates(string command) =>
        site.Write(
            $"""
            units:
              xa@.service: {"{"}enabled: true, content: "[Service]\nExecStart={command}\n[Install]\nWantedBy=multi-user.target\nDefaultInstance=one\n"{"}"}
              getty@.service: {"{"}dropIns: {"{"}lab-drop-in: "# lab-drop-in\n[Service]\nNice=1\n"{"}"}{"}"}
              xa@1.service: {"{"}running: true, after: [unit:xa@.service]{"}"}
            """
        );
}
