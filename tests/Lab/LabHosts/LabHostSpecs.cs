using Cloudlet.Errors;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.LabHosts;

/// <summary>The life cycle of a container host, the same for both network systems.</summary>
public abstract class LabHostSpecs(LabHostFixture fixture)
{
    private readonly LabHostFixture _host = fixture;

    [Fact]
    public async Task A_host_is_listed_as_running_with_its_address()
    {
        var up = await _host.UpAsync();
        var listed = _host.Lab.List().ShouldHaveSingleItem();
        listed.State.ShouldBe(LabHostState.Running);
        (listed.Name, listed.Address, listed.Folder).ShouldBe((up.Name, up.Address, up.Folder));
        listed.Address.ShouldBe(_host.Store.Network.HostAddress(2));
        listed.ReachedBy.ShouldBe($"ssh://root@{listed.Address}");
    }

    [Fact]
    public async Task A_prepared_image_is_not_built_again_and_is_what_a_host_is_made_from()
    {
        var host = await _host.UpAsync();
        string[] options = ["--boot", host.Spec.Boot.ToString().ToLowerInvariant(), "--store", LabTesting.ImageStore];

        var run = await CloudletProgram.RunAsync(["lab", "prepare", .. options, "--json"]);

        var image = run.ShouldExitWith(0).Events.ShouldHaveSingleItem();
        run.Error.ShouldBeEmpty("nothing is built");
        image.GetProperty("built").GetBoolean().ShouldBeFalse();
        image.GetProperty("image").GetString().ShouldBe(new HostRecords(_host.Store).Get(host.Name).Image);
        image
            .GetProperty("root")
            .GetString()
            .ShouldBe(Path.Combine(_host.Store.ImagesFolder, image.GetProperty("image").GetString()!, "root"));
    }

    [Fact]
    public async Task Commands_run_inside_as_root_without_any_network()
    {
        (await _host.OutputOfAsync("hostname")).ShouldBe("edge-1");
        (await _host.OutputOfAsync("id", "-un")).ShouldBe("root");
        (await _host.OutputOfAsync("cat", "/proc/1/comm")).ShouldBe("systemd");
        var failed = await _host.ExecAsync("sh", "-c", "echo out; echo err >&2; exit 7");
        (failed.ExitCode, failed.Output, failed.Error).ShouldBe((7, "out\n", "err\n"));
    }

    [Fact]
    public async Task A_shell_exits_with_the_exit_code_of_its_command()
    {
        await _host.UpAsync();
        (await _host.Lab.ShellAsync(_host.Name, ["sh", "-c", "exit 7"], CancellationToken.None)).ShouldBe(7);
    }

    [Fact]
    public async Task Files_can_be_written_and_read_inside()
    {
        await _host.WriteFileAsync("/var/tmp/a folder/x", "one\ntwo\n");
        (await _host.ReadFileAsync("/var/tmp/a folder/x")).ShouldBe("one\ntwo\n");
        (await _host.ReadFileAsync("/var/tmp/a folder/y")).ShouldBeNull();
        File.ReadAllText(Path.Combine((await _host.UpAsync()).RootPath, "var/tmp/a folder/x")).ShouldBe("one\ntwo\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ssh_reaches_the_host_by_name_and_by_address(bool byAddress)
    {
        var host = await _host.UpAsync();
        var answer = await _host.SshAsync(byAddress ? $"ssh://root@{host.Address}" : host.Name, "hostname && id -un");
        answer.ExitCode.ShouldBe(0, answer.Error);
        answer.Output.ShouldBe("edge-1\nroot\n");
    }

    [Fact]
    public async Task Only_root_of_this_machine_can_read_the_lab_key()
    {
        await _host.UpAsync();
        File.GetUnixFileMode(Path.Combine(_host.Store.SshFolder, "id_ed25519")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_reboot_loses_memory_and_keeps_the_disk()
    {
        await _host.WriteFileAsync("/run/marker", "x");
        await _host.WriteFileAsync("/root/marker", "x");
        var before = _host.Lab.BootId(_host.Name);

        var report = await _host.RebootAsync();

        report.BootId.ShouldNotBe(before);
        report.SystemState.ShouldBe("running");
        report.FailedUnits.ShouldBeEmpty();
        report.SshAnswers.ShouldBeTrue();
        (await _host.OutputOfAsync("cat", "/proc/sys/kernel/random/boot_id")).ShouldBe(report.BootId);
        (await _host.ReadFileAsync("/run/marker")).ShouldBeNull();
        (await _host.ReadFileAsync("/root/marker")).ShouldBe("x");
        await ShouldHaveItsAddressAsync();
        (await _host.SshAsync(_host.Name, "true")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_reboot_reports_the_failed_units()
    {
        await _host.WriteFileAsync(
            "/etc/systemd/system/broken.service",
            "[Service]\nType=oneshot\nExecStart=/bin/false\n[Install]\nWantedBy=multi-user.target\n"
        );
        await _host.OutputOfAsync("systemctl", "enable", "broken.service");

        var report = await _host.RebootAsync();

        await _host.OutputOfAsync("systemctl", "disable", "broken.service");
        await _host.OutputOfAsync("systemctl", "reset-failed");
        report.SystemState.ShouldBe("degraded");
        report.FailedUnits.ShouldBe(["broken.service"]);
    }

    [Fact]
    public async Task After_a_power_cut_the_host_boots_again()
    {
        await _host.WriteFileAsync("/root/cut", "x");
        var before = _host.Lab.BootId(_host.Name);

        var report = await _host.PowerCutAsync();

        report.BootId.ShouldNotBe(before);
        report.SystemState.ShouldBe("running");
        (await _host.ReadFileAsync("/root/cut")).ShouldBe("x");
        await ShouldHaveItsAddressAsync();
    }

    [Fact]
    public async Task Up_does_nothing_for_a_host_that_runs()
    {
        var host = await _host.UpAsync();
        var again = await _host.Lab.UpAsync(host.Spec, new Progress<string>(), CancellationToken.None);
        again.Started.ShouldBeFalse();
        again.Host.ShouldBe(_host.Lab.Get(_host.Name));
    }

    [Fact]
    public async Task Up_restarts_a_host_that_was_switched_off()
    {
        await _host.WriteFileAsync("/root/off", "x");
        await _host.ExecAsync("systemctl", "poweroff");
        await LabHostFixture.EventuallyAsync(
            () => Task.FromResult(_host.Lab.Get(_host.Name).State != LabHostState.Running),
            "switched off"
        );
        _host.Lab.Get(_host.Name).State.ShouldBe(LabHostState.Stopped);

        await _host.UpAsync();

        (await _host.ReadFileAsync("/root/off")).ShouldBe("x");
        await ShouldHaveItsAddressAsync();
    }

    [Fact]
    public async Task A_host_with_killed_processes_is_lost_and_up_restarts_it()
    {
        await _host.UpAsync();
        var supervisor = new HostRecords(_host.Store).Get(_host.Name).Supervisor!;
        var nspawn = ProcessTable.Children(supervisor.Pid).ShouldHaveSingleItem();
        ProcessTable.Kill(supervisor);
        await LabHostFixture.EventuallyAsync(() => Task.FromResult(!supervisor.IsAlive), "supervisor killed");

        _host.Lab.Get(_host.Name).State.ShouldBe(LabHostState.Lost);
        var error = await Should.ThrowAsync<CloudletException>(() => _host.Lab.ExecAsync(_host.Name, ["true"], CancellationToken.None));
        error.Message.ShouldContain("cloudlet lab up edge-1");

        await _host.UpAsync();
        nspawn.IsAlive.ShouldBeFalse();
        _host.Lab.Get(_host.Name).State.ShouldBe(LabHostState.Running);
    }

    [Fact]
    public async Task A_host_with_the_same_name_but_another_description_is_refused()
    {
        var host = await _host.UpAsync();
        var other = host.Spec with { Boot = host.Spec.Boot == LabBoot.Networkd ? LabBoot.Ifupdown : LabBoot.Networkd };
        var error = await Should.ThrowAsync<CloudletException>(() =>
            _host.Lab.UpAsync(other, new Progress<string>(), CancellationToken.None)
        );
        error.Kind.ShouldBe(ErrorKind.AlreadyExists);
        error.Message.ShouldContain("cloudlet lab down edge-1");
    }

    private Task ShouldHaveItsAddressAsync() =>
        LabHostFixture.EventuallyAsync(
            async () =>
            {
                var addresses = await _host.ExecAsync("ip", "-brief", "address", "show", "host0");
                return addresses.Output.Contains($"{_host.Store.Network.HostAddress(2)}/24", StringComparison.Ordinal);
            },
            "host0 has its address"
        );
}

public sealed class NetworkdLabHostSpecs(NetworkdHost host) : LabHostSpecs(host), IClassFixture<NetworkdHost>
{
    [Fact]
    public async Task Networkd_configures_the_network_without_ifupdown()
    {
        (await host.OutputOfAsync("systemctl", "is-active", "systemd-networkd")).ShouldBe("active");
        (await host.ExecAsync("test", "-e", "/usr/sbin/ifup")).ExitCode.ShouldBe(1);
    }
}

public sealed class IfupdownLabHostSpecs(IfupdownHost host) : LabHostSpecs(host), IClassFixture<IfupdownHost>
{
    [Fact]
    public async Task Ifupdown_configures_the_network_and_networkd_is_off()
    {
        (await host.OutputOfAsync("systemctl", "is-active", "networking")).ShouldBe("active");
        (await host.ExecAsync("systemctl", "is-active", "systemd-networkd")).Output.ShouldBe("inactive\n");
    }
}
