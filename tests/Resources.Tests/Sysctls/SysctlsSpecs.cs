using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Sysctls;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Sysctls;

public sealed class SysctlsSpecs : IDisposable
{
    private const string Forward = "net/ipv4/ip_forward";

    private readonly FakeMachine _machine = new();
    private readonly TempDir _folder = new();
    private readonly Converger _converger;

    public SysctlsSpecs()
    {
        var vault = new ContentVault(_machine.Files, StatePaths.Host.Vault);
        _converger = new Converger(
            HostKinds.For(new HostParts(_machine, StatePaths.Host, vault, _machine.Clock)),
            new HostConvergeStore(_machine.Files, StatePaths.Host with { RunFolder = _folder.Path }, vault, _machine.Clock),
            new RecordingGuard(),
            _machine.Clock,
            static _ => { }
        );
    }

    public void Dispose()
    {
        _machine.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    [InlineData("net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    public void A_name_leads_to_its_path_as_sysctl_d_says(string name, string path) => SysctlSpec.PathOf(name).ShouldBe(path);

    [Fact]
    public async Task It_is_set_now_and_at_boot_and_gets_its_value_back_when_it_leaves()
    {
        (await ApplyAsync("sysctls: {net.ipv4.ip_forward: 1}")).Failed.ShouldBe(0);
        _machine.Kernel.Settings[Forward].ShouldBe("1");
        _machine.Files["/etc/sysctl.d/50-cloudlet.conf"].ShouldEndWith("\nnet.ipv4.ip_forward = 1\n");
        (await _converger.PlanAsync(State("sysctls: {net.ipv4.ip_forward: 1}"), default)).IsEmpty.ShouldBeTrue();

        await ApplyAsync("boot: none");

        _machine.Kernel.Settings[Forward].ShouldBe("0");
        _machine.Files.Stat("/etc/sysctl.d/50-cloudlet.conf").ShouldBeNull();
    }

    [Fact]
    public async Task Words_are_compared_whatever_separates_them()
    {
        _machine.Kernel.Settings["net/ipv4/tcp_rmem"] = "4096\t131072\t6291456";

        (await _converger.PlanAsync(State("sysctls: {net.ipv4.tcp_rmem: 4096  131072 6291456}"), default))
            .Changes.Select(c => c.Id)
            .ShouldBe(["file:/etc/sysctl.d/50-cloudlet.conf"]);
    }

    [Fact]
    public async Task A_setting_that_the_kernel_does_not_have_is_refused_before_anything_is_changed()
    {
        await Should.ThrowAsync<CloudletException>(() => ApplyAsync("sysctls: {net.ipv4.ip_fowrard: 1, net.ipv4.ip_forward: 1}"));

        _machine.Kernel.Settings[Forward].ShouldBe("0");
        var plan = await _converger.PlanAsync(State("sysctls: {net.ipv4.ip_fowrard: 1}"), default);
        plan.Changes.SelectMany(c => c.Refusals ?? []).ShouldHaveSingleItem().ShouldContain("has no setting net.ipv4.ip_fowrard");
    }

    [Theory]
    [InlineData("sysctls: {ip_forward: 1}", "is not a valid name")]
    [InlineData("sysctls: {net../etc: 1}", "is not a valid name")]
    [InlineData("sysctls: {net.ipv4.ip_forward: 1, net/ipv4/ip_forward: 1}", "is the same setting")]
    [InlineData("sysctls: {net.ipv4.ip_forward: \"1\\n2\"}", "is one line")]
    [InlineData("links: {d0: {kind: dummy}}, sysctls: {net.ipv6.conf.d0.accept_ra: 1}", "the link d0 sets accept_ra itself")]
    public void What_is_wrong_is_said(string host, string message) =>
        Load(host).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void It_comes_after_its_boot_file_the_modules_and_its_link()
    {
        var state = State("modules: {dummy: }, links: {d0: {kind: dummy}}, sysctls: {net.ipv4.conf.d0.forwarding: 1}");

        state
            .Resources.OfType<SysctlSpec>()
            .ShouldHaveSingleItem()
            .After.ShouldBe([FileSpec.IdOf("/etc/sysctl.d/50-cloudlet.conf"), "link:d0", "module:dummy"]);
    }

    private Task<Finished> ApplyAsync(string host) => _converger.ApplyAsync(State(host), new ApplyOptions(), default);

    private static HostState State(string host)
    {
        var loaded = Load(host);
        loaded.Problems.ShouldBeEmpty();
        return HostCompiler.Compile(loaded.Site!, new OneFile("")).ShouldHaveSingleItem().State!;
    }

    private static SiteLoadResult Load(string host) => SiteLoader.Load(["site.yaml"], new OneFile("hosts: {edge-1: {" + host + "}}"));

    private sealed class OneFile(string site) : ISiteFiles
    {
        public string? ReadText(string path) => path == "site.yaml" ? site : null;
    }
}
