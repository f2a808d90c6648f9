using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Lab.Tests.LabHosts;

public sealed class LabDownSpecs : IAsyncLifetime
{
    private readonly LabStore _store = LabTesting.NewStore();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await LabTesting.RemoveAsync(_store);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Down_removes_everything_that_up_made(bool afterPowerCut)
    {
        LabTesting.RequireContainers();
        var lab = LabTesting.Open(_store);
        await lab.UpAsync(new LabHostSpec("edge-1"), new Progress<string>(), CancellationToken.None);
        if (afterPowerCut)
            await lab.PowerCutAsync("edge-1", CancellationToken.None);
        Traces()
            .Select(t => t.Split(' ')[0])
            .Distinct()
            .ShouldBe(["link", "mount", "process", "group", "run", "file"], "the test looks in the right places");
        var ports = PortsOf(_store.Network.Bridge);
        ports.ShouldHaveSingleItem();

        await lab.DownAsync("edge-1", CancellationToken.None);

        Traces().ShouldBeEmpty();
        PortsStillThere(ports).ShouldBeEmpty();
        lab.List().ShouldBeEmpty();
    }

    [Fact]
    public async Task Hosts_side_by_side_do_not_disturb_each_other()
    {
        LabTesting.RequireContainers();
        var lab = LabTesting.Open(_store);
        foreach (var name in new[] { "edge-1", "edge-2" })
            await lab.UpAsync(new LabHostSpec(name), new Progress<string>(), CancellationToken.None);
        var sshd = await MainPidOfSshAsync(lab, "edge-2");
        var boot = lab.BootId("edge-2");

        await lab.RebootAsync("edge-1", CancellationToken.None);
        await lab.ExecAsync("edge-1", ["systemctl", "stop", "ssh"], CancellationToken.None);
        await lab.DownAsync("edge-1", CancellationToken.None);

        (await MainPidOfSshAsync(lab, "edge-2")).ShouldBe(sshd);
        lab.BootId("edge-2").ShouldBe(boot);
        lab.List().ShouldHaveSingleItem().State.ShouldBe(LabHostState.Running);
        File.ReadAllText(_store.SshConfigPath).ShouldNotContain("edge-1");
    }

    [Fact]
    public async Task A_host_that_fails_to_reboot_is_lost_and_its_console_is_shown()
    {
        LabTesting.RequireContainers();
        var lab = LabTesting.Open(_store);
        await lab.UpAsync(new LabHostSpec("edge-1"), new Progress<string>(), CancellationToken.None);
        await lab.ExecAsync("edge-1", ["systemctl", "poweroff"], CancellationToken.None);
        await LabHostFixture.EventuallyAsync(() => Task.FromResult(lab.Get("edge-1").State == LabHostState.Stopped), "switched off");
        File.Delete(Path.Combine(lab.Get("edge-1").RootPath, "sbin/init"));
        File.Delete(Path.Combine(lab.Get("edge-1").RootPath, "lib/systemd/systemd"));

        var error = await Should.ThrowAsync<CloudletException>(() =>
            lab.UpAsync(new LabHostSpec("edge-1"), new Progress<string>(), CancellationToken.None)
        );

        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("console ended with");
        lab.Get("edge-1").State.ShouldBe(LabHostState.Lost);
    }

    [Fact]
    public async Task Down_of_an_unknown_host_lists_the_known_ones()
    {
        LabTesting.RequireRoot();
        var error = await Should.ThrowAsync<CloudletException>(() => LabTesting.Open(_store).DownAsync("edge-9", CancellationToken.None));
        error.Kind.ShouldBe(ErrorKind.NotFound);
        (await Should.ThrowAsync<CloudletException>(() => LabTesting.Open(_store).DownAsync("../x", CancellationToken.None))).Kind.ShouldBe(
            ErrorKind.InvalidInput
        );
    }

    private static async Task<string> MainPidOfSshAsync(Lab.LabHosts lab, string name) =>
        (await lab.ExecAsync(name, ["systemctl", "show", "--property=MainPID,ActiveState", "ssh"], CancellationToken.None)).Output;

    // Everything on this machine with the name of our store, bridge or host; other labs may run beside it.
    private List<string> Traces()
    {
        var machine = _store.MachineName("edge-1");
        var traces = new List<string>();
        using (var links = RouteNetlink.Open())
            traces.AddRange(links.Dump().Links.Where(l => l.Name == _store.Network.Bridge).Select(l => $"link {l.Name}"));
        traces.AddRange(
            MountTable.Read().Where(m => m.Point.StartsWith(_store.Folder, StringComparison.Ordinal)).Select(m => $"mount {m.Point}")
        );
        traces.AddRange(
            ProcessTable.WithArgument("systemd-nspawn", $"--directory={_store.HostFolder("edge-1")}/root").Select(p => $"process {p.Pid}")
        );
        traces.AddRange(Hosts.ControlGroups.For(machine, null, MountTable.Read()).Where(Directory.Exists).Select(g => $"group {g}"));
        if (Directory.Exists("/run/systemd/nspawn"))
            traces.AddRange(Directory.EnumerateFileSystemEntries("/run/systemd/nspawn/propagate", machine).Select(f => $"run {f}"));
        if (Directory.Exists(_store.Folder))
            traces.AddRange(
                Directory.EnumerateFileSystemEntries(_store.Folder).Where(f => Path.GetFileName(f) != "lock").Select(f => $"file {f}")
            );
        return traces;
    }

    private static List<int> PortsOf(string bridge)
    {
        using var links = RouteNetlink.Open();
        var snapshot = links.Dump();
        return [.. snapshot.Links.Where(l => l.Master == snapshot.Find(bridge)?.Index).Select(l => l.Index)];
    }

    private static List<int> PortsStillThere(List<int> ports)
    {
        using var links = RouteNetlink.Open();
        var snapshot = links.Dump();
        return [.. ports.Where(p => snapshot.Find(p) is not null)];
    }
}
