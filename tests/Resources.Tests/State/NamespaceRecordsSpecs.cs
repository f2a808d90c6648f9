using Cloudlet.Errors;
using Cloudlet.Machine;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.State;

public sealed class NamespaceRecordsSpecs : IDisposable
{
    private readonly TempDir folder = new();
    private readonly StatePaths paths;

    public NamespaceRecordsSpecs() =>
        paths = new StatePaths(Path.Combine(folder.Path, "netns", "edge"), Path.Combine(folder.Path, "netns", "edge"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Records_of_a_deleted_namespace_do_not_apply_to_the_next_one_of_its_name()
    {
        Bind("first");
        File.WriteAllText(paths.Applied, "{}");
        File.WriteAllText(paths.Journal, "{}");
        Directory.CreateDirectory(paths.Vault);
        Bind("first");
        File.Exists(paths.Applied).ShouldBeTrue();

        Bind("second");

        Directory.EnumerateFileSystemEntries(paths.Folder).Select(Path.GetFileName).Order().ShouldBe(["identity", "lock"]);
        File.ReadAllText(paths.Identity).ShouldBe("second");
    }

    [Fact]
    public void Records_of_a_version_without_identities_still_count()
    {
        Directory.CreateDirectory(paths.Folder);
        File.WriteAllText(paths.Applied, "{}");
        Bind("first");
        File.Exists(paths.Applied).ShouldBeTrue();
        Bind("second");
        File.Exists(paths.Applied).ShouldBeFalse();
    }

    [Fact]
    public void Records_in_use_by_a_run_are_left_alone()
    {
        Bind("first");
        File.WriteAllText(paths.Applied, "{}");
        using (HostLock.Take(paths.Lock, TimeProvider.System))
            Should.Throw<CloudletException>(() => Bind("second")).Kind.ShouldBe(ErrorKind.Busy);
        File.Exists(paths.Applied).ShouldBeTrue();
    }

    [Fact]
    public void A_recreated_namespace_has_another_identity()
    {
        string name;
        using (var first = new TestNamespace())
        {
            name = first.Name;
            Bind(HostIdentity.OfNamespace(name).Now);
            File.WriteAllText(paths.Applied, "{}");
        }

        NetworkNamespaces.Create(name);
        try
        {
            Bind(HostIdentity.OfNamespace(name).Now);
            File.Exists(paths.Applied).ShouldBeFalse();
        }
        finally
        {
            NetworkNamespaces.Delete(name);
        }
    }

    private void Bind(string identity) => NamespaceRecords.Bind(paths, identity, TimeProvider.System);
}
