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

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly UnitsKind _kind;

    public ChangedOptionsSpecs()
    {
        _machine = new FakeMachine(_clock);
        _kind = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock);
        _machine.Files[$"/lib/systemd/system/{Name}"] = "[Install]";
        _machine.Files[Config] = Good;
        _machine.Files[$"{Folder}/a.conf"] = "[DEFAULT]\nworkers = 2\n";
        _machine.Files.Put(Program, new byte[LongerThanRead]);
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

    public void Dispose() => _machine.Dispose();

    [Theory]
    [MemberData(nameof(Benign))]
    public async Task An_equivalent_file_causes_no_restart(string text)
    {
        await MakeAsync(Wanted());
        Later();
        _machine.Files[Config] = text;
        _machine.Files[$"{Folder}/b.conf"] = "# nothing\n";
        _machine.Files.Touch($"{Folder}/a.conf", _clock.GetUtcNow());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        _machine.Files.Take($"{Folder}/b.conf");
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task Changed_options_are_named_without_values()
    {
        await MakeAsync(Wanted());
        Later();
        _machine.Files[Config] = Good.Replace("10.80.0.1", "10.80.0.2").Replace("hunter2", "hunter3");
        (await LookAsync()).ShouldBe($"{Config}: DEFAULT.my_ip, DEFAULT.transport_url differ from the loaded version");
        _machine.Files[Config] = Good + "a=1\nb=1\nc=1\nd=1\ne=1\nf=1\n";
        (await LookAsync()).ShouldBe(
            $"{Config}: libvirt.a, libvirt.b, libvirt.c, libvirt.d, libvirt.e and 1 more differ from the loaded version"
        );
        _machine.Files[$"{Folder}/b.conf"] = "x = 1\n";
        (await LookAsync()).ShouldStartWith($"{Folder}/b.conf appeared after the process started; {Config}: ");

        var stamps = _machine.Files.Contents.Where(f => f.Path.StartsWith("/run/cloudlet/", StringComparison.Ordinal)).ToList();
        stamps.ShouldNotContain(f => Encoding.Latin1.GetString(f.Content).Contains("hunter", StringComparison.Ordinal));
        stamps.ShouldAllBe(f => _machine.Files.Stat(f.Path)!.Mode == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
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
        _machine.Files[Config] = Good.Replace(from, to);
        _machine.Systemd.Calls.Clear();
        await MakeAsync(wanted);
        _machine.Systemd.Calls.ShouldBe([$"{verb} {Name}"]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_unit_that_cannot_reload_is_restarted()
    {
        _machine.Systemd.CanReload = false;
        await MakeAsync(Wanted());
        Later();
        _machine.Files[Config] = Good.Replace("false", "true");
        _machine.Systemd.Calls.Clear();
        await MakeAsync(Wanted() with { Mutable = ["DEFAULT.debug"] });
        _machine.Systemd.Calls.ShouldBe([$"restart {Name}"]);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_broken_file_is_not_loaded_and_the_process_keeps_running(string text, string problem)
    {
        await MakeAsync(Wanted());
        Later();
        var run = _machine.Systemd.Get(Name).InvocationId;
        _machine.Files[Config] = text;
        _machine.Systemd.Calls.Clear();
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain(problem);
        error.Message.ShouldContain("its process keeps what it has loaded");
        error.Message.ShouldNotContain("127.0.0.1");
        _machine.Systemd.Calls.ShouldBeEmpty();
        _machine.Systemd.Get(Name).InvocationId.ShouldBe(run);
        (await LookAsync()).ShouldContain(Config);

        await _machine.Systemd.StopAsync(Name, default);
        _machine.Systemd.Calls.Clear();
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()))).Message.ShouldContain("is not started");
        _machine.Systemd.Calls.ShouldBeEmpty();

        _machine.Files[Config] = Good;
        await MakeAsync(Wanted());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_broken_file_is_not_loaded_at_the_first_start_either_but_a_missing_one_is_tolerated()
    {
        _machine.Files[Config] = Good.Replace("my_ip = 10.80.0.1", "my_ip 127.0.0.1 oops = x");
        await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()));
        _machine.Files.Take(Config);
        await MakeAsync(Wanted());
        _machine.Systemd.Calls.ShouldBe([$"start {Name}"]);
    }

    [Theory]
    [InlineData("domain-needed\nserver=10.0.0.1\ncache-size=100\n")]
    [InlineData("cgroup_device_acl = [\n  \"/dev/null\"\n]\nuser = \"root\"\n")]
    [InlineData("server 10.0.0.1 iburst\n")]
    public async Task Other_formats_are_not_checked(string text)
    {
        _machine.Files[Config] = text;
        await MakeAsync(Wanted());
        Later();
        _machine.Files[Config] = text + "more\n";
        await MakeAsync(Wanted());
        _machine.Systemd.Calls.ShouldBe([$"start {Name}", $"restart {Name}"]);
    }

    [Fact]
    public async Task A_deleted_file_is_not_loaded_except_in_a_rollback()
    {
        await MakeAsync(Wanted());
        Later();
        _machine.Files.Take(Config);
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(Wanted()))).Message.ShouldContain(
            $"{Config}: it existed when the process was last started, and is missing now"
        );

        var before = await _kind.CaptureAsync((await _kind.ObserveAsync(Wanted(), default))!, default);
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
        (await _kind.ObserveAsync(wanted, default))!.Configuration.ShouldBe(UnitSpec.Current);
        _machine.Files.Put(Program, new byte[LongerThanRead]);
        (await _kind.ObserveAsync(wanted, default))!.Configuration.ShouldBe($"{Program} differs from the loaded version");
    }

    [Fact]
    public async Task A_file_edited_during_a_start_and_restored_afterwards_is_loaded_again()
    {
        await MakeAsync(Wanted());
        Later();
        _machine.Files[Config] = Good.Replace("qemu", "kvm");
        _machine.Systemd.WhileStarting = () => _machine.Files[Config] = Good;
        await MakeAsync(Wanted());
        _machine.Systemd.WhileStarting = null;
        _machine.Files[Config] = Good.Replace("qemu", "kvm");
        (await LookAsync()).ShouldBe($"{Config} was edited while the process started");
        await MakeAsync(Wanted());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task After_adoption_neither_a_clock_step_nor_an_old_time_hides_an_edit()
    {
        _machine.Systemd.StartByHand(Name);
        Later();
        _kind.RecordConverged(Wanted());
        _machine.Files.Touch(Config, _clock.GetUtcNow());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        _clock.Advance(TimeSpan.FromHours(-2));
        foreach (
            var edit in (Action[])
                [
                    () => _machine.Files[Config] = Good + "x=1\n",
                    () => _machine.Files[$"{Folder}/b.conf"] = "[DEFAULT]\ny=1\n",
                    () => _machine.Files.Take($"{Folder}/a.conf"),
                ]
        )
        {
            edit();
            (await LookAsync()).ShouldNotBe(UnitSpec.Current);
            _machine.Files[Config] = Good;
            _machine.Files[$"{Folder}/a.conf"] = "[DEFAULT]\nworkers = 2\n";
            _machine.Files.Take($"{Folder}/b.conf");
            (await LookAsync()).ShouldBe(UnitSpec.Current);
        }
    }

    [Fact]
    public async Task A_file_changed_after_the_start_is_not_adopted()
    {
        _machine.Systemd.StartByHand(Name);
        Later();
        _machine.Files[Config] = Good + "x=1\n";
        _machine.Writes.Clear();
        _kind.RecordConverged(Wanted());
        _kind.RecordConverged(Wanted() with { OnChange = OnChange.Nothing });
        _machine.Writes.ShouldBeEmpty();
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Fact]
    public void A_process_that_exits_during_adoption_is_not_adopted()
    {
        _machine.Systemd.StartByHand(Name);
        Later();
        _machine.OnWrite = what =>
        {
            // The key is written first, between the two observations.
            if (what == "write /run/cloudlet/units/key")
                _machine.Systemd.Crash(Name);
        };
        _kind.RecordConverged(Wanted());
        _machine.Files.Stat($"/run/cloudlet/units/{Name}.json").ShouldBeNull();
    }

    [Fact]
    public async Task A_file_that_is_described_later_is_adopted_beside_the_others()
    {
        await MakeAsync(Wanted());
        _machine.Files["/etc/nova/more.conf"] = "a = 1\n";
        _clock.Advance(TimeSpan.FromHours(-2));
        _machine.Files["/etc/nova/more.conf"] = "a = 1\n";
        var more = Wanted() with { Loads = [Config, Folder, "/etc/nova/more.conf"] };
        _kind.RecordConverged(more);
        _machine.Files["/etc/nova/more.conf"] = "a = 2\n";
        (await _kind.ObserveAsync(more, default))!.Configuration.ShouldBe("/etc/nova/more.conf: DEFAULT.a differs from the loaded version");
    }

    [Fact]
    public async Task Stamps_of_another_key_are_ignored()
    {
        await MakeAsync(Wanted());
        Later();
        _machine.Files.Put("/run/cloudlet/units/key", new byte[32]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        _machine.Files[Config] = Good + "x=1\n";
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

    private void Later() => _clock.Advance(TimeSpan.FromMinutes(1));

    private async Task<string> LookAsync() => (await _kind.ObserveAsync(Wanted(), default))!.Configuration!;

    private async Task MakeAsync(UnitSpec wanted) => await _kind.ApplyAsync(wanted, await _kind.ObserveAsync(wanted, default), default);
}
