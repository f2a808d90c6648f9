using System.Text;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Units;

/// <summary>What counts as changed, how it is loaded, and what is never loaded.</summary>
public sealed class ChangedOptionsSpecs : IDisposable
{
    private const string Name = "nova-compute.service";
    private const string Config = "/etc/nova/nova.conf";
    private const string Folder = "/etc/nova/conf.d";
    private const string Program = "/usr/bin/agent";
    private const string Good =
        "[DEFAULT]\nmy_ip = 10.80.0.1\ndebug = false\ntransport_url = rabbit://hunter2\n[libvirt]\nvirt_type = qemu\n";

    private readonly ManualClock clock = new();
    private readonly FakeMachine machine;
    private readonly UnitsKind kind;

    public ChangedOptionsSpecs()
    {
        machine = new FakeMachine(clock);
        kind = new UnitsKind(machine.Systemd, machine.Files, "/run/cloudlet/units", clock);
        machine.Files[$"/lib/systemd/system/{Name}"] = "[Install]";
        machine.Files[Config] = Good;
        machine.Files[$"{Folder}/a.conf"] = "[DEFAULT]\nworkers = 2\n";
        machine.Files.Put(Program, new byte[LongerThanRead]);
        Later();
    }

    public static TheoryData<string> Benign =>
        new(
            Good + "# a comment\n",
            "\r\n" + Good.Replace("\n", "\r\n"),
            "\ufeff" + Good,
            Good.Replace(" = ", "="),
            "[libvirt]\nvirt_type = qemu\n[DEFAULT]\ntransport_url = rabbit://hunter2\n\n\ndebug = false\nmy_ip = 10.80.0.1\n"
        );

    public static TheoryData<string, string> Broken =>
        new()
        {
            { "", $"{Config}: it is empty" },
            { " \n", $"{Config}: it is empty" },
            { "[DEFAULT]\nmy_ip = 10.80.0.1\ndebug = false\ntranspo", $"{Config}:4: a line that is not a section, option or comment" },
            { "[DEFA", $"{Config}:1: a section header without a closing bracket" },
            { Good.Replace("my_ip = 10.80.0.1", "my_ip 127.0.0.1 oops = x"), $"{Config}:2: an option name with spaces" },
            { "\0\0\0\0", $"{Config}: it is not UTF-8 text" },
        };

    private static int LongerThanRead => (16 << 20) + 1;

    public void Dispose() => machine.Dispose();

    [Theory]
    [MemberData(nameof(Benign))]
    public async Task An_equivalent_file_causes_no_restart(string text)
    {
        await MakeAsync(Wanted());
        Later();
        machine.Files[Config] = text;
        machine.Files[$"{Folder}/b.conf"] = "# nothing\n";
        machine.Files.Touch($"{Folder}/a.conf", clock.GetUtcNow());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        machine.Files.Take($"{Folder}/b.conf");
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task Changed_options_are_named_without_values()
    {
        await MakeAsync(Wanted());
        Later();
        machine.Files[Config] = Good.Replace("10.80.0.1", "10.80.0.2").Replace("hunter2", "hunter3");
        (await LookAsync()).ShouldBe($"{Config}: DEFAULT.my_ip, DEFAULT.transport_url differ from the loaded version");
        machine.Files[Config] = Good + "a=1\nb=1\nc=1\nd=1\ne=1\nf=1\n";
        (await LookAsync()).ShouldBe(
            $"{Config}: libvirt.a, libvirt.b, libvirt.c, libvirt.d, libvirt.e and 1 more differ from the loaded version"
        );
        machine.Files[$"{Folder}/b.conf"] = "x = 1\n";
        (await LookAsync()).ShouldStartWith($"{Folder}/b.conf appeared after the process started; {Config}: ");

        var stamps = machine.Files.Contents.Where(f => f.Path.StartsWith("/run/cloudlet/", StringComparison.Ordinal)).ToList();
        stamps.ShouldNotContain(f => Encoding.Latin1.GetString(f.Content).Contains("hunter", StringComparison.Ordinal));
        stamps.ShouldAllBe(f => machine.Files.Stat(f.Path)!.Mode == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Theory]
    [InlineData("debug = false", "debug = true", "reload")]
    [InlineData("virt_type = qemu", "virt_type = kvm\nlive_migration_completion_timeout = 9", "reload")]
    [InlineData("debug = false\n", "", "reload")]
    [InlineData("my_ip = 10.80.0.1\ndebug = false", "my_ip = 10.80.0.2\ndebug = true", "restart")]
    [InlineData("[libvirt]", "a: b\n[libvirt]", "restart")]
    public async Task A_reload_is_enough_for_mutable_options_alone(string from, string to, string verb)
    {
        var wanted = Wanted() with { Mutable = ["DEFAULT.debug", "libvirt.*"] };
        await MakeAsync(wanted);
        Later();
        machine.Files[Config] = Good.Replace(from, to);
        machine.Systemd.Calls.Clear();
        await MakeAsync(wanted);
        machine.Systemd.Calls.ShouldBe([$"{verb} {Name}"]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_unit_that_cannot_reload_is_restarted()
    {
        machine.Systemd.CanReload = false;
        await MakeAsync(Wanted());
        Later();
        machine.Files[Config] = Good.Replace("false", "true");
        machine.Systemd.Calls.Clear();
        await MakeAsync(Wanted() with { Mutable = ["DEFAULT.debug"] });
        machine.Systemd.Calls.ShouldBe([$"restart {Name}"]);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_file_is_not_loaded_and_the_process_keeps_running(string text, string problem)
    {
        await MakeAsync(Wanted());
        Later();
        var run = machine.Systemd.Get(Name).InvocationId;
        machine.Files[Config] = text;
        machine.Systemd.Calls.Clear();
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain(problem);
        error.Message.ShouldContain("its process keeps what it has loaded");
        error.Message.ShouldNotContain("127.0.0.1");
        machine.Systemd.Calls.ShouldBeEmpty();
        machine.Systemd.Get(Name).InvocationId.ShouldBe(run);
        (await LookAsync()).ShouldContain(Config);

        await machine.Systemd.StopAsync(Name, default);
        machine.Systemd.Calls.Clear();
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()))).Message.ShouldContain("is not started");
        machine.Systemd.Calls.ShouldBeEmpty();

        machine.Files[Config] = Good;
        await MakeAsync(Wanted());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_broken_file_is_not_loaded_at_the_first_start_either_but_a_missing_one_is_tolerated()
    {
        machine.Files[Config] = Good.Replace("my_ip = 10.80.0.1", "my_ip 127.0.0.1 oops = x");
        await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()));
        machine.Files.Take(Config);
        await MakeAsync(Wanted());
        machine.Systemd.Calls.ShouldBe([$"start {Name}"]);
    }

    [Theory]
    [InlineData("domain-needed\nserver=10.0.0.1\ncache-size=100\n")]
    [InlineData("cgroup_device_acl = [\n  \"/dev/null\"\n]\nuser = \"root\"\n")]
    [InlineData("server 10.0.0.1 iburst\n")]
    public async Task Other_formats_are_not_checked(string text)
    {
        machine.Files[Config] = text;
        await MakeAsync(Wanted());
        Later();
        machine.Files[Config] = text + "more\n";
        await MakeAsync(Wanted());
        machine.Systemd.Calls.ShouldBe([$"start {Name}", $"restart {Name}"]);
    }

    [Fact]
    public async Task A_deleted_file_is_not_loaded_except_in_a_rollback()
    {
        await MakeAsync(Wanted());
        Later();
        machine.Files.Take(Config);
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()))).Message.ShouldContain(
            $"{Config}: it existed when the process was last started, and is missing now"
        );

        var before = await kind.CaptureAsync((await kind.ObserveAsync(Wanted(), default))!, default);
        before!.Absent.ShouldBe([Config]);
        await MakeAsync(before);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_large_file_is_compared_by_its_identity()
    {
        var wanted = Wanted() with { Loads = [Program] };
        await MakeAsync(wanted);
        Later();
        (await kind.ObserveAsync(wanted, default))!.Configuration.ShouldBe(UnitSpec.Current);
        machine.Files.Put(Program, new byte[LongerThanRead]);
        (await kind.ObserveAsync(wanted, default))!.Configuration.ShouldBe($"{Program} differs from the loaded version");
    }

    [Fact]
    public async Task A_file_edited_during_a_start_and_restored_afterwards_is_loaded_again()
    {
        await MakeAsync(Wanted());
        Later();
        machine.Files[Config] = Good.Replace("qemu", "kvm");
        machine.Systemd.WhileStarting = () => machine.Files[Config] = Good;
        await MakeAsync(Wanted());
        machine.Systemd.WhileStarting = null;
        machine.Files[Config] = Good.Replace("qemu", "kvm");
        (await LookAsync()).ShouldBe($"{Config} was edited while the process started");
        await MakeAsync(Wanted());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task After_adoption_neither_a_clock_step_nor_an_old_time_hides_an_edit()
    {
        machine.Systemd.StartByHand(Name);
        Later();
        kind.Adopt(Wanted());
        machine.Files.Touch(Config, clock.GetUtcNow());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        clock.Advance(TimeSpan.FromHours(-2));
        foreach (
            var edit in (Action[])
                [
                    () => machine.Files[Config] = Good + "x=1\n",
                    () => machine.Files[$"{Folder}/b.conf"] = "[DEFAULT]\ny=1\n",
                    () => machine.Files.Take($"{Folder}/a.conf"),
                ]
        )
        {
            edit();
            (await LookAsync()).ShouldNotBe(UnitSpec.Current);
            machine.Files[Config] = Good;
            machine.Files[$"{Folder}/a.conf"] = "[DEFAULT]\nworkers = 2\n";
            machine.Files.Take($"{Folder}/b.conf");
            (await LookAsync()).ShouldBe(UnitSpec.Current);
        }
    }

    [Fact]
    public async Task A_file_changed_after_the_start_is_not_adopted()
    {
        machine.Systemd.StartByHand(Name);
        Later();
        machine.Files[Config] = Good + "x=1\n";
        machine.Writes.Clear();
        kind.Adopt(Wanted());
        kind.Adopt(Wanted() with { OnChange = OnChange.Nothing });
        machine.Writes.ShouldBeEmpty();
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Fact]
    public void A_process_that_exits_during_adoption_is_not_adopted()
    {
        machine.Systemd.StartByHand(Name);
        Later();
        machine.OnWrite = what =>
        {
            // The key is written first, between the two observations.
            if (what == "write /run/cloudlet/units/key")
                machine.Systemd.Crash(Name);
        };
        kind.Adopt(Wanted());
        machine.Files.Stat($"/run/cloudlet/units/{Name}.json").ShouldBeNull();
    }

    [Fact]
    public async Task A_file_that_is_described_later_is_adopted_beside_the_others()
    {
        await MakeAsync(Wanted());
        machine.Files["/etc/nova/more.conf"] = "a = 1\n";
        clock.Advance(TimeSpan.FromHours(-2));
        machine.Files["/etc/nova/more.conf"] = "a = 1\n";
        var more = Wanted() with { Loads = [Config, Folder, "/etc/nova/more.conf"] };
        kind.Adopt(more);
        machine.Files["/etc/nova/more.conf"] = "a = 2\n";
        (await kind.ObserveAsync(more, default))!.Configuration.ShouldBe("/etc/nova/more.conf: DEFAULT.a differs from the loaded version");
    }

    [Fact]
    public async Task Stamps_of_another_key_are_ignored()
    {
        await MakeAsync(Wanted());
        Later();
        machine.Files.Put("/run/cloudlet/units/key", new byte[32]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        machine.Files[Config] = Good + "x=1\n";
        (await LookAsync()).ShouldContain("changed at");
    }

    private static UnitSpec Wanted() =>
        new()
        {
            Id = UnitSpec.IdOf(Name),
            Name = Name,
            Running = true,
            Configuration = UnitSpec.Current,
            Loads = [Config, Folder],
        };

    private void Later() => clock.Advance(TimeSpan.FromMinutes(1));

    private async Task<string> LookAsync() => (await kind.ObserveAsync(Wanted(), default))!.Configuration!;

    private async Task MakeAsync(UnitSpec wanted) => await kind.ApplyAsync(wanted, await kind.ObserveAsync(wanted, default), default);
}
