using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Units;

/// <summary>
/// The running process has loaded what is on disk: by our stamp, or by the times of files and process when it was not started by us.
/// </summary>
public sealed class LoadedConfigurationSpecs : IDisposable
{
    private const string Name = "nova-compute.service";
    private const string Config = "/etc/nova/nova.conf";
    private const string Folder = "/etc/nova/conf.d";

    private readonly ManualClock clock = new();
    private readonly FakeMachine machine;
    private readonly UnitsKind kind;

    public LoadedConfigurationSpecs()
    {
        machine = new FakeMachine(clock);
        kind = new UnitsKind(machine.Systemd, machine.Files, "/run/cloudlet/units", clock);
        machine.Files[$"/lib/systemd/system/{Name}"] = "[Install]";
        machine.Files[Config] = "debug=0\n";
        machine.Files[$"{Folder}/a.conf"] = "a\n";
        Later();
    }

    public static TheoryData<string> Origins => new("started by us", "not started by us");

    public void Dispose() => machine.Dispose();

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task Without_a_change_an_observation_writes_nothing(string origin)
    {
        await StartAsync(origin);
        machine.Writes.Clear();
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        machine.Writes.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task An_edit_is_seen_and_one_restart_heals_it(string origin)
    {
        await StartAsync(origin);
        machine.Files[Config] = "debug=1\n";
        (await LookAsync()).ShouldContain(Config);
        machine.Systemd.Calls.Clear();
        await MakeAsync(Wanted());
        machine.Systemd.Calls.ShouldBe([$"restart {Name}"]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task An_edit_with_an_old_modification_time_is_seen(string origin)
    {
        await StartAsync(origin);
        machine.Files[Config] = "debug=1\n";
        machine.Files.Touch(Config, clock.GetUtcNow() - TimeSpan.FromDays(300));
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task A_file_that_appears_in_a_folder_is_seen(string origin)
    {
        await StartAsync(origin);
        machine.Files[$"{Folder}/b.conf"] = "b\n";
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task A_file_that_disappears_is_seen(string origin)
    {
        await StartAsync(origin);
        machine.Files.Take($"{Folder}/a.conf");
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
        machine.Files.Take(Config);
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task A_retargeted_link_and_an_edited_target_are_seen(string origin)
    {
        machine.Files["/etc/nova/one"] = "1\n";
        machine.Files["/etc/nova/two"] = "2\n";
        machine.Files.Take(Config);
        machine.Files.WriteSymlink(Config, "one");
        Later();
        await StartAsync(origin);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        machine.Files["/etc/nova/one"] = "1 edited\n";
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
        await MakeAsync(Wanted());
        Later();
        machine.Files.WriteSymlink(Config, "two");
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Fact]
    public async Task With_a_stamp_a_touch_or_a_rewrite_of_the_same_content_causes_no_restart()
    {
        await StartAsync("started by us");
        machine.Files.Touch(Config, clock.GetUtcNow());
        machine.Files[Config] = "debug=0\n";
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task An_edit_while_the_process_starts_counts_as_not_loaded()
    {
        machine.Systemd.WhileStarting = () => machine.Files[Config] = "debug=edited meanwhile\n";
        await StartAsync("started by us");
        (await LookAsync()).ShouldBe($"{Config}: DEFAULT.debug differs from the loaded version");
        machine.Systemd.WhileStarting = null;
        await MakeAsync(Wanted());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_stamp_of_an_earlier_run_of_the_process_is_ignored()
    {
        await StartAsync("started by us");
        machine.Files[Config] = "debug=1\n";
        Later();
        machine.Systemd.Crash(Name);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_damaged_stamp_is_ignored()
    {
        await StartAsync("started by us");
        machine.Files[$"/run/cloudlet/units/{Name}.json"] = "{ torn";
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        machine.Files[Config] = "debug=1\n";
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_reload_is_enough_where_described_and_is_recorded()
    {
        var wanted = Wanted() with { OnChange = OnChange.Reload };
        await StartAsync("started by us");
        machine.Files[Config] = "debug=1\n";
        machine.Systemd.Calls.Clear();
        await MakeAsync(wanted);
        machine.Systemd.Calls.ShouldBe([$"reload {Name}"]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task Nothing_is_done_where_described_so()
    {
        var wanted = Wanted() with { OnChange = OnChange.Nothing };
        await StartAsync("started by us");
        machine.Files[Config] = "debug=1\n";
        machine.Systemd.Calls.Clear();
        (await kind.ObserveAsync(wanted, default))!.Configuration.ShouldBe(UnitSpec.Current);
        await MakeAsync(wanted);
        machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_process_that_was_just_started_is_not_restarted()
    {
        machine.Systemd.Calls.Clear();
        machine.Files[Config] = "debug=1\n";
        await MakeAsync(Wanted());
        machine.Systemd.Calls.ShouldBe([$"start {Name}"]);
    }

    [Fact]
    public async Task A_stopped_process_is_never_stale()
    {
        machine.Files[Config] = "debug=1\n";
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        await MakeAsync(Wanted() with { Running = null });
        machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_described_later_but_older_than_the_process_causes_no_restart()
    {
        machine.Files["/etc/nova/api-paste.ini"] = "x\n";
        Later();
        await StartAsync("started by us");
        var more = Wanted() with { Loads = [Config, Folder, "/etc/nova/api-paste.ini"] };
        (await kind.ObserveAsync(more, default))!.Configuration.ShouldBe(UnitSpec.Current);
        (await kind.ObserveAsync(Wanted() with { Loads = [Config] }, default))!.Configuration.ShouldBe(UnitSpec.Current);
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

    private async Task StartAsync(string origin)
    {
        if (origin == "started by us")
            await MakeAsync(Wanted());
        else
            machine.Systemd.StartByHand(Name);
        Later();
    }

    private void Later() => clock.Advance(TimeSpan.FromMinutes(1));

    private async Task<string> LookAsync() => (await kind.ObserveAsync(Wanted(), default))!.Configuration!;

    private async Task MakeAsync(UnitSpec wanted) => await kind.ApplyAsync(wanted, await kind.ObserveAsync(wanted, default), default);
}
