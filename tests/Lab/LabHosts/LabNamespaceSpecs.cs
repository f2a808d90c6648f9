using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Lab.Tests.LabHosts;

public sealed class LabNamespaceSpecs : IAsyncLifetime
{
    private readonly LabStore _store = LabTesting.NewStore();
    private readonly LabHostSpec _spec = new($"ns-{Guid.NewGuid():N}"[..12], LabHostKind.Netns);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await LabTesting.RemoveAsync(_store);

    [Fact]
    public async Task A_namespace_host_starts_with_its_loopback_and_is_removed_without_a_trace()
    {
        LabTesting.RequireRoot();
        var lab = LabTesting.Open(_store);

        var up = await lab.UpAsync(_spec, new Progress<string>(), CancellationToken.None);

        up.Boot.ShouldBeNull();
        up.Host.State.ShouldBe(LabHostState.Running);
        up.Host.ReachedBy.ShouldBe($"netns://{_spec.Name}");
        using (var links = RouteNetlink.Open(_spec.Name))
            links.Dump().Find("lo")!.Up.ShouldBeTrue();
        (await lab.ExecAsync(_spec.Name, ["cat", "/proc/net/dev"], CancellationToken.None)).Output.ShouldNotContain("eth0");

        await lab.DownAsync(_spec.Name, CancellationToken.None);

        NetworkNamespaces.Exists(_spec.Name).ShouldBeFalse();
        Directory.Exists(_store.HostsFolder).ShouldBeFalse();
    }

    [Fact]
    public async Task A_deleted_namespace_is_lost_and_up_recreates_it()
    {
        LabTesting.RequireRoot();
        var lab = LabTesting.Open(_store);
        await lab.UpAsync(_spec, new Progress<string>(), CancellationToken.None);
        NetworkNamespaces.Delete(_spec.Name);

        lab.Get(_spec.Name).State.ShouldBe(LabHostState.Lost);
        (await lab.UpAsync(_spec, new Progress<string>(), CancellationToken.None)).Started.ShouldBeTrue();
        lab.Get(_spec.Name).State.ShouldBe(LabHostState.Running);
    }

    [Fact]
    public async Task A_foreign_namespace_is_neither_used_nor_removed()
    {
        LabTesting.RequireRoot();
        var lab = LabTesting.Open(_store);
        NetworkNamespaces.Create(_spec.Name);
        try
        {
            var error = await Should.ThrowAsync<CloudletException>(() =>
                lab.UpAsync(_spec, new Progress<string>(), CancellationToken.None)
            );
            error.Kind.ShouldBe(ErrorKind.AlreadyExists);
            NetworkNamespaces.Exists(_spec.Name).ShouldBeTrue();
        }
        finally
        {
            NetworkNamespaces.Delete(_spec.Name);
        }
    }

    [Fact]
    public async Task A_namespace_cannot_be_rebooted()
    {
        LabTesting.RequireRoot();
        var lab = LabTesting.Open(_store);
        await lab.UpAsync(_spec, new Progress<string>(), CancellationToken.None);
        (await Should.ThrowAsync<CloudletException>(() => lab.RebootAsync(_spec.Name, CancellationToken.None))).Kind.ShouldBe(
            ErrorKind.Unsupported
        );
    }

    [Fact]
    public void Kernel_support_is_tested_by_trying()
    {
        LabTesting.RequireRoot();
        var kernel = new LabKernel(name => name is null ? RouteNetlink.Open() : RouteNetlink.Open(name));
        kernel.HasLinkKind("bridge").ShouldBeTrue();
        kernel.HasLinkKind("veth").ShouldBeTrue();
        kernel.HasLinkKind("no-such-kind").ShouldBeFalse();
        NetworkNamespaces.List().ShouldNotContain(n => n.StartsWith("lab-trial-", StringComparison.Ordinal));
    }
}
