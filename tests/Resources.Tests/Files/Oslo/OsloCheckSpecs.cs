using System.Text;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Files.Oslo;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Files.Oslo;

public sealed class OsloCheckSpecs
{
    private readonly Release _release = new();
    private readonly FakeProcesses _processes = new();
    private readonly ManualClock _clock = new();
    private readonly OsloCheck _check;

    public OsloCheckSpecs()
    {
        _processes.Programs["oslo-config-generator"] = _release.Answer;
        _check = new OsloCheck(_processes, _clock);
    }

    [Theory]
    [InlineData("[DEFAULT]\nmy_ip = 10.0.0.1\nreport_interval = 5\nold_ip = x\nlog_config = y\nlog-config = y\n")]
    [InlineData("[DEFAULT]\nreport_interval = \" 5 \"\ncpu_allocation_ratio = 1e1\n[vnc]\nenabled = Yes\n[libvirt]\nvirt_type = qemu\n")]
    [InlineData("[DEFAULT]\nreport_interval =\nosapi_compute_workers = $report_interval\n")]
    [InlineData("[pci]\nalias = a\nalias = b\n")]
    [InlineData("[placement]\nauth_type = admin_token\nendpoint = http://x\ntoken = t\n")]
    [InlineData("[DEFAULT]\nenabled_backends = disk:file, slow:file\n[disk]\nx = 1\n[slow]\nx = 1\n[os_glance_tasks_store]\nx = 1\n")]
    [InlineData("[a.b]\nc.d = 1\n[VNC]\nenabled = 0\n")]
    public async Task Content_that_the_release_accepts_is_installed(string text) => (await ProblemsAsync(text)).ShouldBeEmpty();

    [Theory]
    [InlineData("[DEFAULT]\nmy_ipp = 1\n", "[DEFAULT] my_ipp: the installed release has no such option; did you mean my_ip?")]
    [InlineData("[libvirt]\nmy_ip = 1\n", "[libvirt] my_ip: the installed release has no such option")]
    [InlineData("[libvrit]\nvirt_type = kvm\n", "[libvrit]: the installed release has no such section; did you mean libvirt?")]
    [InlineData("[default]\nmy_ip = 1\n", "[default]: the installed release has no such section; did you mean DEFAULT?")]
    [InlineData("[DEFAULT]\nreport_interval = often\n", "[DEFAULT] report_interval: expected a whole number")]
    [InlineData("[DEFAULT]\nreport_interval = 1.5\n", "[DEFAULT] report_interval: expected a whole number")]
    [InlineData("[DEFAULT]\nosapi_compute_workers = 0\n", "[DEFAULT] osapi_compute_workers: expected at least 1")]
    [InlineData("[DEFAULT]\nmetadata_listen_port = 70000\n", "[DEFAULT] metadata_listen_port: expected at most 65535")]
    [InlineData("[DEFAULT]\ncpu_allocation_ratio = much\n", "[DEFAULT] cpu_allocation_ratio: expected a number")]
    [InlineData("[libvirt]\nvirt_type = xen\n", "[libvirt] virt_type: expected one of kvm, qemu")]
    [InlineData("[vnc]\nenabled = maybe\n", "[vnc] enabled: expected true or false")]
    [InlineData("[vnc]\nendpoint = x\n", "[vnc] endpoint: the installed release has no such option")]
    [InlineData(
        "[DEFAULT]\nmy_ip = 1\nmy_ip = 2\n",
        "[DEFAULT] my_ip: it is set 2 times, but the option has a single value, so only the last would count"
    )]
    [InlineData("[a]\nb.c.d = 1\n", "[a]: the installed release has no such section")]
    [InlineData("[DEFAULT]\nmy_ip 127.0.0.1 oops = x\n", "/etc/nova/nova.conf:2: an option name with spaces; is an '=' missing?")]
    [InlineData("[DEFAULT]\noops\n", "/etc/nova/nova.conf:2: a line that is not a section, option or comment")]
    [InlineData("[DEFAULT]\nmy_ip = a\0b\n", "/etc/nova/nova.conf: it is not UTF-8 text, or contains NUL bytes")]
    public async Task Content_that_it_rejects_is_named(string text, string problem) => (await ProblemsAsync(text)).ShouldBe([problem]);

    [Fact]
    public async Task All_problems_are_named_at_once_without_values()
    {
        var problems = await ProblemsAsync(
            "[DEFAULT]\nreport_interval = s3cret\ntransprt_url = s3cret\n[vnc]\nenabled = s3cret\n[s3]\nx = s3cret\n"
        );

        problems.Count.ShouldBe(4);
        problems.ShouldAllBe(p => !p.Contains("s3cret"));
    }

    [Fact]
    public async Task The_release_is_queried_once_for_several_files_and_again_when_it_may_have_changed()
    {
        await ProblemsAsync("[DEFAULT]\nmy_ip = 1\n");
        await ProblemsAsync("[DEFAULT]\nmy_ip = 2\n");
        _release.Asked.ShouldBe(1);
        _release.Arguments.ShouldContain("nova.conf");
        _release.Arguments.ShouldContain("oslo.messaging");
        _clock.Advance(TimeSpan.FromMinutes(2));
        await ProblemsAsync("[DEFAULT]\nmy_ip = 1\n");
        _release.Asked.ShouldBe(1, "a content that was accepted stays accepted");
        await ProblemsAsync("[DEFAULT]\nmy_ip = 3\n");
        _release.Asked.ShouldBe(2);
    }

    [Theory]
    [InlineData(1, "", "oslo-config-generator failed (1)")]
    [InlineData(0, "no JSON", "could not be parsed")]
    [InlineData(0, "{}", "could not be parsed")]
    [InlineData(0, "{\"options\": {}, \"deprecated_options\": {}}", "no installed package has options of nova.conf")]
    public async Task A_release_that_cannot_be_queried_gives_a_note(int exit, string output, string note)
    {
        _processes.Programs["oslo-config-generator"] = _ => new ProcessResult(exit, output, "");
        var verdict = await _check.CheckAsync("/etc/nova/nova.conf", "[DEFAULT]\nwhatever = 1\n"u8.ToArray(), "nova.conf", default);

        verdict.Problems.ShouldBeEmpty();
        verdict.Note.ShouldNotBeNull().ShouldContain(note);
    }

    [Fact]
    public async Task A_malformed_line_is_refused_without_the_release()
    {
        _processes.Programs.Clear();
        (await ProblemsAsync("[DEFAULT]\nmy_ip 127.0.0.1 oops = x\n")).ShouldHaveSingleItem();
    }

    private async Task<IReadOnlyList<string>> ProblemsAsync(string text)
    {
        var verdict = await _check.CheckAsync("/etc/nova/nova.conf", Encoding.UTF8.GetBytes(text), "nova.conf", default);
        if (_processes.Programs.Count > 0)
            verdict.Note.ShouldBeNull();
        return verdict.Problems;
    }
}
