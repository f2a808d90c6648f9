using System.Diagnostics;
using System.Text;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.Resources.Kinds.Units.Configuration;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Units;

public sealed class GuruMeditationSpecs : IDisposable
{
    private const string Name = "nova-compute.service";
    private const string Config = "/etc/nova/nova.conf";
    private const string Log = "/var/log/nova";
    private const string Good = $"""
        [DEFAULT]
        my_ip = 10.0.0.1
        debug = yes
        transport_url = rabbit://secret
        enabled_apis = osapi_compute, metadata
        multi = one
        multi = two, three
        d = a:b,c:d
        f = 1.50
        ml = one
          two
        empty =
        state = $my_ip
        not_known = 1
        [libvirt]
        virt_type = "qemu"
        [oslo_reports]
        log_dir = {Log}
        """;

    /// <summary>
    /// The end of oslo.reports 2.4's output for these options, trailing spaces included; the sections before it show only their beginning.
    /// </summary>
    private static readonly string Report = string.Join(
        '\n',
        [
            "========================================================================",
            "====                        Guru Meditation                         ====",
            "========================================================================",
            "||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||",
            "",
            "",
            "========================================================================",
            "====                           Processes                            ====",
            "========================================================================",
            "Process 3677 (under 3675) [ run by: nova (64060), state: running ]",
            "",
            "========================================================================",
            "====                         Configuration                          ====",
            "========================================================================",
            "",
            "default: ",
            "  config-dir = ",
            "  config-file = ",
            "    /etc/nova/nova.conf",
            "  config_source = ",
            "",
            "  d: ",
            "    a = b",
            "    c = d",
            "  debug = True",
            "  empty = ",
            "  enabled_apis = ",
            "    metadata",
            "    osapi_compute",
            "  f = 1.5",
            "  ml: ",
            "    one",
            "    two",
            "  multi = ",
            "    one",
            "    two, three",
            "  my_ip = 10.0.0.1",
            "  state = 10.0.0.1",
            "  transport_url = ***",
            "",
            "libvirt: ",
            "  virt_type = qemu",
            "",
            "oslo_reports: ",
            "  file_event_handler = None",
            "  file_event_handler_interval = 1",
            "  log_dir = /var/log/nova",
        ]
    );

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly FakeSignals _signals = new();
    private readonly UnitsKind _kind;

    public GuruMeditationSpecs()
    {
        _machine = new FakeMachine(_clock);
        _machine.Systemd.MainPid = 3677;
        _kind = new UnitsKind(_machine.Systemd, _machine.Files, "/run/cloudlet/units", _clock, _signals);
        _machine.Files[$"/lib/systemd/system/{Name}"] = "[Install]";
        _machine.Files[Config] = Good;
        _machine.Files[$"{Log}/hub.py_gurumeditation_20260101000000"] = Report.Replace("10.0.0.1", "10.9.9.9");
        _signals.OnSend = () => _machine.Files[$"{Log}/hub.py_gurumeditation_20260102030405"] = Report;
        _clock.Advance(TimeSpan.FromMinutes(1));
        _machine.Systemd.StartByHand(Name);
        _clock.Advance(TimeSpan.FromMinutes(1));
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData("", "")]
    [InlineData("debug = yes|debug = 1", "")]
    [InlineData("enabled_apis = osapi_compute, metadata|enabled_apis = metadata,osapi_compute", "")]
    [InlineData("rabbit://secret|rabbit://other", "")]
    [InlineData("10.0.0.1|10.0.0.2", "DEFAULT.my_ip")]
    [InlineData("debug = yes|debug = off", "DEFAULT.debug")]
    [InlineData("osapi_compute, metadata|osapi_compute", "DEFAULT.enabled_apis")]
    [InlineData("multi = one\n|", "DEFAULT.multi")]
    [InlineData("1.50|1.6", "DEFAULT.f")]
    [InlineData("  two|  three", "DEFAULT.ml")]
    [InlineData("empty =|empty = no", "DEFAULT.empty")]
    [InlineData("\"qemu\"|kvm", "libvirt.virt_type")]
    public void Options_that_the_process_has_with_other_values_are_named(string edit, string expected)
    {
        var text = edit.Length == 0 ? Good : Good.Replace(edit.Split('|')[0], edit.Split('|')[1]);
        string.Join(',', GuruReport.Parse(Report).Differences([ConfigurationText.Parse(Encoding.UTF8.GetBytes(text))!])).ShouldBe(expected);
    }

    [Fact]
    public void The_last_file_wins() =>
        GuruReport
            .Parse(Report)
            .Differences([ConfigurationText.Parse("my_ip = 10.0.0.2"u8)!, ConfigurationText.Parse("my_ip = 10.0.0.1"u8)!])
            .ShouldBeEmpty();

    [Theory]
    [InlineData("")]
    [InlineData("====                         Configuration                          ====\n")]
    public void A_report_that_is_still_being_written_is_not_complete(string text) => GuruReport.Parse(text).IsComplete.ShouldBeFalse();

    [Fact]
    public async Task An_edit_without_a_changed_time_is_found_by_asking_once_and_the_report_is_removed()
    {
        EditInThePast();
        (await LookAsync(Wanted() with { Asks = null })).ShouldBe(UnitSpec.Current);
        (await LookAsync(Wanted())).ShouldBe($"{Name}: DEFAULT.my_ip differs from the configuration that its process reports");
        await _kind.ApplyAsync(Wanted(), null, default);
        _machine.Systemd.Calls.ShouldBe([$"restart {Name}"]);
        _signals.Sent.ShouldBe(["12 to 3677"]);
        _machine.Files.List(Log).ShouldBe(["hub.py_gurumeditation_20260101000000"]);

        // Now there is a stamp, so there is nothing to ask.
        (await LookAsync(Wanted())).ShouldBe(UnitSpec.Current);
        _signals.Sent.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_an_answer_the_times_decide_after_a_bounded_wait()
    {
        EditInThePast();
        _signals.OnSend = () =>
            _machine.Files[$"{Log}/hub.py_gurumeditation_20260102030405"] = Report.Replace("Process 3677", "Process 3678");
        var began = _clock.GetUtcNow();
        (await LookAsync(Wanted())).ShouldBe(UnitSpec.Current);
        (_clock.GetUtcNow() - began).ShouldBeLessThan(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_process_without_a_handler_or_a_new_process_is_left_alone()
    {
        EditInThePast();
        _signals.Catches = false;
        (await LookAsync(Wanted())).ShouldBe(UnitSpec.Current);
        _signals.Catches = true;
        _signals.WhileHeld = () => _machine.Systemd.Crash(Name);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await LookAsync(Wanted());
        _signals.Sent.ShouldBeEmpty();
    }

    /// <summary>Observed with nova-compute of Debian 12: a request during its start killed it.</summary>
    [Fact]
    public async Task A_busy_process_is_not_disturbed()
    {
        EditInThePast();
        _signals.Busy.Add(3677);
        (await LookAsync(Wanted())).ShouldBe(UnitSpec.Current);
        _signals.Sent.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_folder_for_reports_no_process_is_asked()
    {
        _machine.Files[Config] = Good.Replace($"log_dir = {Log}", "");
        await LookAsync(Wanted());
        _signals.Sent.ShouldBeEmpty();
    }

    /// <summary>The interpreter of the packages; another one may come first on PATH.</summary>
    private const string DebianPython = "/usr/bin/python3";

    /// <summary>Needs python3-oslo.reports, python3-oslo.config and python3-greenlet.</summary>
    [Fact]
    public async Task A_real_process_reports_what_it_has_loaded_and_survives()
    {
        Assert.SkipUnless(
            File.Exists(DebianPython) && await RunAsync("-c", "import oslo_reports, oslo_config, greenlet") == 0,
            "needs the Debian packages python3-oslo.reports, python3-oslo.config and python3-greenlet"
        );
        using var dir = new TempDir();
        var config = dir["service.conf"];
        await File.WriteAllTextAsync(config, $"[DEFAULT]\nmy_ip = 10.0.0.1\ndebug = yes\n[oslo_reports]\nlog_dir = {dir.Path}\n");
        await File.WriteAllTextAsync(dir["service.py"], Service);
        using var process = Process.Start(
            new ProcessStartInfo(DebianPython, [dir["service.py"], config]) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        try
        {
            (await process.StandardOutput.ReadLineAsync()).ShouldBe("ready");
            _machine.Systemd.MainPid = process.Id;
            var guru = new GuruMeditation(
                _machine.Systemd,
                new HostFiles(),
                new HostProcessSignals(),
                TimeProvider.System,
                settled: TimeSpan.Zero
            );
            (await guru.AskAsync(_machine.Systemd.Get(Name), [config], default)).ShouldBe([]);
            await File.WriteAllTextAsync(config, (await File.ReadAllTextAsync(config)).Replace("10.0.0.1", "10.0.0.2"));
            (await guru.AskAsync(_machine.Systemd.Get(Name), [config], default)).ShouldBe(["DEFAULT.my_ip"]);
            Directory.GetFiles(dir.Path, "*_gurumeditation_*").ShouldBeEmpty();
            process.HasExited.ShouldBeFalse();
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public void A_real_process_that_would_die_of_the_signal_does_not_get_it()
    {
        using var process = Process.Start("sleep", "600");
        try
        {
            new HostProcessSignals().SendIfCaught(process.Id, 12, () => true).ShouldBeFalse();
            process.WaitForExit(TimeSpan.FromMilliseconds(100)).ShouldBeFalse();
            new HostProcessSignals().SendIfCaught(int.MaxValue, 12, () => true).ShouldBeFalse();
        }
        finally
        {
            process.Kill();
        }
    }

    private const string Service = """
        import sys, time
        from oslo_config import cfg
        from oslo_reports import guru_meditation_report as gmr, opts
        class Version:
            def vendor_string(self): return 'vendor'
            def product_string(self): return 'product'
            def version_string_with_package(self): return '1'
        cfg.CONF.register_opts([cfg.StrOpt('my_ip'), cfg.BoolOpt('debug', default=False)])
        cfg.CONF(['--config-file', sys.argv[1]])
        opts.set_defaults(cfg.CONF)
        gmr.TextGuruMeditation.setup_autorun(Version(), conf=cfg.CONF)
        print('ready', flush=True)
        while True:
            time.sleep(1)
        """;

    private static UnitSpec Wanted() =>
        new()
        {
            Id = UnitSpec.IdOf(Name),
            Name = Name,
            Running = true,
            Configuration = UnitSpec.Current,
            Loads = [Config],
            Asks = Asks.Guru,
        };

    private static async Task<int> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(DebianPython, arguments) { RedirectStandardError = true, UseShellExecute = false }
        )!;
        await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    private async Task<string> LookAsync(UnitSpec wanted) => (await _kind.ObserveAsync(wanted, default))!.Configuration!;

    /// <summary>The clock was wrong when the file was edited.</summary>
    private void EditInThePast()
    {
        _clock.Advance(TimeSpan.FromHours(-1));
        _machine.Files[Config] = Good.Replace("my_ip = 10.0.0.1", "my_ip = 10.0.0.2");
        _clock.Advance(TimeSpan.FromHours(1));
    }
}
