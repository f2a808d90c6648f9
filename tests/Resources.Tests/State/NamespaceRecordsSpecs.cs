using Cloudlet.Errors;
using Cloudlet.Machine;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.State;

public sealed class NamespaceRecordsSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly StatePaths _paths;

    public NamespaceRecordsSpecs() =>
        _paths = new StatePaths(Path.Combine(_folder.Path, "netns", "edge"), Path.Combine(_folder.Path, "netns", "edge"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_of_a_deleted_namespace_do_not_apply_to_the_next_one_of_its_name()
    {
        Bind("first");
        File.WriteAllText(_paths.Applied, "{}");
        File.WriteAllText(_paths.Journal, "{}");
        Directory.CreateDirectory(_paths.Vault);
        Bind("first");
        File.Exists(_paths.Applied).ShouldBeTrue();

        Bind("second");

        Directory.EnumerateFileSystemEntries(_paths.Folder).Select(Path.GetFileName).Order().ShouldBe(["identity", "lock"]);
        File.ReadAllText(_paths.Identity).ShouldBe("second");
    }

    [Fact]
    public void Records_of_a_version_without_identities_still_count()
    {
        Directory.CreateDirectory(_paths.Folder);
        File.WriteAllText(_paths.Applied, "{}");
        Bind("first");
        File.Exists(_paths.Applied).ShouldBeTrue();
        Bind("second");
        File.Exists(_paths.Applied).ShouldBeFalse();
    }

    [Fact]
    public void Records_in_use_by_a_run_are_left_alone()
    {
        Bind("first");
        File.WriteAllText(_paths.Applied, "{}");
        using (HostLock.Take(_paths.Lock, TimeProvider.System))
            Should.Throw<CloudletException>(() => Bind("second")).Kind.ShouldBe(ErrorKind.Busy);
        File.Exists(_paths.Applied).ShouldBeTrue();
    }

    [Fact]
    public void A_recreated_namespace_has_another_identity()
    {
        string name;
        using (var first = new TestNamespace())
        {
            name = first.Name;
            Bind(HostIdentity.OfNamespace(name).Now);
            File.WriteAllText(_paths.Applied, "{}");
        }

        NetworkNamespaces.Create(name);
        try
        {
            Bind(HostIdentity.OfNamespace(name).Now);
            File.Exists(_paths.Applied).ShouldBeFalse();
        }
        finally
        {
            NetworkNamespaces.Delete(name);
        }
    }

    private void Bind(string identity) => NamespaceRecords.Bind(_paths, identity, TimeProvider.System);
}
