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

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly UnitsKind _kind;

    public LoadedConfigurationSpecs()
    {
        _machine = new FakeMachine(_clock);
        _kind = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock);
        _machine.Files[$"/lib/systemd/system/{Name}"] = "[Install]";
        _machine.Files[Config] = "debug=0\n";
        _machine.Files[$"{Folder}/a.conf"] = "a\n";
        Later();
    }

    public static TheoryData<string> Origins => new("started by us", "not started by us");

    public void Dispose() => _machine.Dispose();

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task Without_a_change_an_observation_writes_nothing(string origin)
    {
        await StartAsync(origin);
        _machine.Writes.Clear();
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        _machine.Writes.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task An_edit_is_seen_and_one_restart_heals_it(string origin)
    {
        await StartAsync(origin);
        _machine.Files[Config] = "debug=1\n";
        (await LookAsync()).ShouldContain(Config);
        _machine.Systemd.Calls.Clear();
        await MakeAsync(Wanted());
        _machine.Systemd.Calls.ShouldBe([$"restart {Name}"]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task An_edit_with_an_old_modification_time_is_seen(string origin)
    {
        await StartAsync(origin);
        _machine.Files[Config] = "debug=1\n";
        _machine.Files.Touch(Config, _clock.GetUtcNow() - TimeSpan.FromDays(300));
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task A_file_that_appears_in_a_folder_is_seen(string origin)
    {
        await StartAsync(origin);
        _machine.Files[$"{Folder}/b.conf"] = "b\n";
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task A_file_that_disappears_is_seen(string origin)
    {
        await StartAsync(origin);
        _machine.Files.Take($"{Folder}/a.conf");
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
        _machine.Files.Take(Config);
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Theory]
    [MemberData(nameof(Origins))]
    public async Task A_retargeted_link_and_an_edited_target_are_seen(string origin)
    {
        _machine.Files["/etc/nova/one"] = "1\n";
        _machine.Files["/etc/nova/two"] = "2\n";
        _machine.Files.Take(Config);
        _machine.Files.WriteSymlink(Config, "one");
        Later();
        await StartAsync(origin);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        _machine.Files["/etc/nova/one"] = "1 edited\n";
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
        await MakeAsync(Wanted());
        Later();
        _machine.Files.WriteSymlink(Config, "two");
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Fact]
    public async Task With_a_stamp_a_touch_or_a_rewrite_of_the_same_content_causes_no_restart()
    {
        await StartAsync("started by us");
        _machine.Files.Touch(Config, _clock.GetUtcNow());
        _machine.Files[Config] = "debug=0\n";
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task An_edit_while_the_process_starts_counts_as_not_loaded()
    {
        _machine.Systemd.WhileStarting = () => _machine.Files[Config] = "debug=edited meanwhile\n";
        await StartAsync("started by us");
        (await LookAsync()).ShouldBe($"{Config}: DEFAULT.debug differs from the loaded version");
        _machine.Systemd.WhileStarting = null;
        await MakeAsync(Wanted());
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_stamp_of_an_earlier_run_of_the_process_is_ignored()
    {
        await StartAsync("started by us");
        _machine.Files[Config] = "debug=1\n";
        Later();
        _machine.Systemd.Crash(Name);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_damaged_stamp_is_ignored()
    {
        await StartAsync("started by us");
        _machine.Files[$"/run/cloudlet/units/{Name}.json"] = "{ torn";
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        _machine.Files[Config] = "debug=1\n";
        (await LookAsync()).ShouldNotBe(UnitSpec.Current);
    }

    [Fact]
    public async Task A_reload_is_enough_where_described_and_is_recorded()
    {
        var wanted = Wanted() with { OnChange = OnChange.Reload };
        await StartAsync("started by us");
        _machine.Files[Config] = "debug=1\n";
        _machine.Systemd.Calls.Clear();
        await MakeAsync(wanted);
        _machine.Systemd.Calls.ShouldBe([$"reload {Name}"]);
        (await LookAsync()).ShouldBe(UnitSpec.Current);
    }

    [Fact]
    public async Task Nothing_is_done_where_described_so()
    {
        var wanted = Wanted() with { OnChange = OnChange.Nothing };
        await StartAsync("started by us");
        _machine.Files[Config] = "debug=1\n";
        _machine.Systemd.Calls.Clear();
        (await _kind.ObserveAsync(wanted, default))!.Configuration.ShouldBe(UnitSpec.Current);
        await MakeAsync(wanted);
        _machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_process_that_was_just_started_is_not_restarted()
    {
        _machine.Systemd.Calls.Clear();
        _machine.Files[Config] = "debug=1\n";
        await MakeAsync(Wanted());
        _machine.Systemd.Calls.ShouldBe([$"start {Name}"]);
    }

    [Fact]
    public async Task A_stopped_process_is_never_stale()
    {
        _machine.Files[Config] = "debug=1\n";
        (await LookAsync()).ShouldBe(UnitSpec.Current);
        await MakeAsync(Wanted() with { Running = null });
        _machine.Systemd.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_file_described_later_but_older_than_the_process_causes_no_restart()
    {
        _machine.Files["/etc/nova/api-paste.ini"] = "x\n";
        Later();
        await StartAsync("started by us");
        var more = Wanted() with { Loads = [Config, Folder, "/etc/nova/api-paste.ini"] };
        (await _kind.ObserveAsync(more, default))!.Configuration.ShouldBe(UnitSpec.Current);
        (await _kind.ObserveAsync(Wanted() with { Loads = [Config] }, default))!.Configuration.ShouldBe(UnitSpec.Current);
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
            _machine.Systemd.StartByHand(Name);
        Later();
    }

    private void Later() => _clock.Advance(TimeSpan.FromMinutes(1));

    private async Task<string> LookAsync() => (await _kind.ObserveAsync(Wanted(), default))!.Configuration!;

    private async Task MakeAsync(UnitSpec wanted) => await _kind.ApplyAsync(wanted, await _kind.ObserveAsync(wanted, default), default);
}
