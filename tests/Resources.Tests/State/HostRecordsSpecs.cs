using Cloudlet.DesiredState;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.State;

public sealed class HostRecordsSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly StatePaths _paths;

    public HostRecordsSpecs() => _paths = new StatePaths(Path.Combine(_folder.Path, "lib"), Path.Combine(_folder.Path, "run"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_from_a_copied_disk_are_set_aside_and_reported()
    {
        Fill();
        Bind("machine:origin").ShouldBeNull();
        Store("machine:origin").ReadApplied().ShouldNotBeNull();

        var told = Bind("machine:copy");

        told.ShouldNotBeNull().ShouldContain("set-aside/machine-origin");
        Store("machine:copy").ReadApplied().ShouldBeNull();
        Directory
            .EnumerateFileSystemEntries(_paths.Folder)
            .Select(Path.GetFileName)
            .Order()
            .ShouldBe(["agent", "health", "identity", "runtime", "set-aside"]);
        Directory.EnumerateFileSystemEntries($"{_paths.Folder}/health").ShouldBeEmpty();
        var aside = $"{_paths.Folder}/set-aside/machine-origin";
        File.Exists($"{aside}/applied.json").ShouldBeTrue();
        File.Exists($"{aside}/vault/sealed").ShouldBeTrue();
        File.Exists($"{aside}/health/state.json").ShouldBeTrue();
        Bind("machine:copy").ShouldBeNull();
    }

    [Fact]
    public void Records_set_aside_earlier_stay_beside_them()
    {
        Fill();
        Bind("machine:copy");
        File.WriteAllText(_paths.Identity, "machine:origin");
        File.WriteAllText(_paths.Applied, "second");

        Bind("machine:copy");

        File.ReadAllText($"{_paths.Folder}/set-aside/machine-origin/applied.json.2").ShouldBe("second");
        File.ReadAllText($"{_paths.Folder}/set-aside/machine-origin/applied.json").ShouldNotBe("second");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("machine:origin")]
    public void Records_of_this_machine_count_and_without_machine_ids_all_do(string? identity)
    {
        Fill();
        Bind(identity).ShouldBeNull();
        File.Exists(_paths.Applied).ShouldBeTrue();
    }

    [Fact]
    public void Records_of_a_version_without_identities_count_and_get_one()
    {
        Fill();
        File.Delete(_paths.Identity);
        Bind("machine:this").ShouldBeNull();
        Store("machine:this").WriteApplied(HostState.Create("edge-1", []));
        File.ReadAllText(_paths.Identity).ShouldBe("machine:this");
    }

    [Fact]
    public void Records_in_use_by_a_run_are_left_alone()
    {
        Fill();
        using (HostLock.Take(_paths.Lock, TimeProvider.System))
            Should.Throw<CloudletException>(() => Bind("machine:copy")).Kind.ShouldBe(ErrorKind.Busy);
        File.Exists(_paths.Applied).ShouldBeTrue();
    }

    private void Fill()
    {
        Store("machine:origin").WriteApplied(HostState.Create("edge-1", []));
        foreach (var name in new[] { "vault", "agent", "health", "runtime" })
            Directory.CreateDirectory($"{_paths.Folder}/{name}");
        File.WriteAllText($"{_paths.Folder}/vault/sealed", "");
        File.WriteAllText($"{_paths.Folder}/health/state.json", "");
    }

    private HostConvergeStore Store(string identity) => new(new HostFiles(), _paths, vault: null, TimeProvider.System, identity: identity);

    private string? Bind(string? identity) => HostRecords.Bind(_paths, identity, TimeProvider.System);
}
