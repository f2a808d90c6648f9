using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

public class NetworkNamespacesSpecs
{
    [Fact]
    public void A_namespace_is_created_listed_and_deleted_and_iproute2_agrees()
    {
        using var ns = new TestNamespace();
        NetworkNamespaces.Exists(ns.Name).ShouldBeTrue();
        NetworkNamespaces.List().ShouldContain(ns.Name);
        TestNamespace.Run("ip", "netns list").Output.ShouldContain(ns.Name);
        ns.RunInside("ip -br link").Output.ShouldContain("lo");

        NetworkNamespaces.Delete(ns.Name);
        NetworkNamespaces.Exists(ns.Name).ShouldBeFalse();
        NetworkNamespaces.List().ShouldNotContain(ns.Name);
        TestNamespace.Run("ip", "netns list").Output.ShouldNotContain(ns.Name);
    }

    [Fact]
    public void A_name_exists_only_once_and_deleting_it_is_idempotent()
    {
        using var ns = new TestNamespace();
        Should.Throw<CloudletException>(() => NetworkNamespaces.Create(ns.Name)).Kind.ShouldBe(ErrorKind.AlreadyExists);
        NetworkNamespaces.Delete(ns.Name);
        NetworkNamespaces.Delete(ns.Name);
    }

    [Fact]
    public void A_namespace_that_iproute2_made_is_opened_and_deleted()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: network namespaces");
        var name = $"provtest-{Environment.ProcessId}-ip";
        TestNamespace.Run("ip", $"netns add {name}").ExitCode.ShouldBe(0);
        try
        {
            using var links = RouteNetlink.Open($"/run/netns/{name}");
            links.Dump().Find("lo").ShouldNotBeNull();
        }
        finally
        {
            NetworkNamespaces.Delete(name);
        }

        NetworkNamespaces.Exists(name).ShouldBeFalse();
    }

    [Fact]
    public void The_calling_thread_stays_in_its_namespace()
    {
        var before = new FileInfo("/proc/thread-self/ns/net").LinkTarget;
        using var ns = new TestNamespace();
        ns.Links.Create(new LinkToCreate("tap0", "tap"));
        new FileInfo("/proc/thread-self/ns/net").LinkTarget.ShouldBe(before);
        using var here = RouteNetlink.Open();
        here.Find("tap0").ShouldBeNull();
    }

    [Fact]
    public void Many_namespaces_are_created_at_once_without_mounting_the_folder_twice()
    {
        using var first = new TestNamespace();
        var mounts = Mounts();
        var made = new TestNamespace[8];
        try
        {
            Parallel.For(0, made.Length, i => made[i] = new TestNamespace());
            Mounts().ShouldBe(mounts);
            made.Select(ns => ns.Name).ShouldBeSubsetOf(NetworkNamespaces.List());
        }
        finally
        {
            foreach (var ns in made)
                ns?.Dispose();
        }

        static int Mounts() => File.ReadLines("/proc/self/mountinfo").Count(line => line.Split(' ')[4] is "/run/netns" or "/var/run/netns");
    }

    [Fact]
    public void A_missing_namespace_another_file_and_an_invalid_name_are_distinguished()
    {
        Should.Throw<CloudletException>(() => RouteNetlink.Open("provtest-absent")).Kind.ShouldBe(ErrorKind.NotFound);
        Should.Throw<CloudletException>(() => NetworkNamespaces.Create("../x")).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => NetworkNamespaces.Exists("")).Kind.ShouldBe(ErrorKind.InvalidInput);
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: network namespaces");
        Should.Throw<CloudletException>(() => RouteNetlink.Open("/proc/self/status")).Kind.ShouldBe(ErrorKind.InvalidInput);
    }
}
