using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Store;

/// <summary>The folders of a store: their owners, what may replace them, and unique names.</summary>
public sealed class StoreFolderSpecs : IDisposable
{
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _store;

    public StoreFolderSpecs() => _store = new RuntimeStore(_folder["store"]);

    public void Dispose() => _folder.Dispose();

    /// <summary>Without root, QEMU's group is the user's own, which may have other members.</summary>
    [Fact]
    public void If_qemu_runs_as_its_caller_only_the_caller_can_read_memory_and_disks()
    {
        var (user, group) = Syscalls.Self();
        var caller = new QemuUser(user, group, IsOwn: false);
        caller.Create(_folder["made"]);
        var given = _folder.Write("given", "x");
        File.SetUnixFileMode(given, Ours | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead);
        caller.LetWrite(given);
        Directory.CreateDirectory(_folder["vm"]);
        caller.LetPass(_folder["vm"]);
        caller.CreateFolder(_folder["sockets"]);
        (File.GetUnixFileMode(_folder["made"]), File.GetUnixFileMode(given)).ShouldBe((Ours, Ours));
        (File.GetUnixFileMode(_folder["vm"]), File.GetUnixFileMode(_folder["sockets"])).ShouldBe(
            (Ours | UnixFileMode.UserExecute, Ours | UnixFileMode.UserExecute)
        );
    }

    [Fact]
    public void A_relative_store_is_below_the_current_folder() =>
        new RuntimeStore("some/store").Folder.ShouldBe(Path.Combine(Directory.GetCurrentDirectory(), "some/store"));

    [Theory]
    [InlineData("vms")]
    [InlineData("bases")]
    [InlineData("staging")]
    public void A_link_in_place_of_a_part_of_the_store_is_refused_with_advice(string part)
    {
        Directory.CreateDirectory(_folder["elsewhere"]);
        Directory.CreateDirectory(_store.Folder);
        File.CreateSymbolicLink(Path.Combine(_store.Folder, part), _folder["elsewhere"]);
        var error = Should.Throw<CloudletException>(() => _store.Stage());
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain($"{part} is a symbolic link to {_folder["elsewhere"]}");
        error.Message.ShouldContain("move the whole store instead");
        Directory.GetFileSystemEntries(_folder["elsewhere"]).ShouldBeEmpty();
    }

    [Fact]
    public void The_store_itself_may_be_a_link()
    {
        Directory.CreateDirectory(_folder["elsewhere"]);
        File.SetUnixFileMode(_folder["elsewhere"], Ours | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        File.CreateSymbolicLink(_store.Folder, _folder["elsewhere"]);
        Samples.Publish(_store, "one");
        new BaseCatalog(_store).Get("one").Name.ShouldBe("one");
    }

    [Theory]
    [InlineData("")]
    [InlineData("vms")]
    public void A_file_in_place_of_a_folder_of_the_store_is_named(string part)
    {
        var file = Path.TrimEndingDirectorySeparator(Path.Combine(_store.Folder, part));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (part.Length > 0)
            File.SetUnixFileMode(_store.Folder, Ours | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        File.WriteAllText(file, "x");
        Should.Throw<CloudletException>(() => _store.Stage()).Message.ShouldContain($"{file} is a file");
    }

    [Fact]
    public void A_claimed_name_is_taken_until_it_is_released()
    {
        using (_store.ClaimName("base", "one"))
        {
            Should.Throw<CloudletException>(() => new BaseCatalog(_store).Claim("one")).Kind.ShouldBe(ErrorKind.AlreadyExists);
            new VmCatalog(_store).Claim("one")!.Dispose();
            new BaseCatalog(_store).Claim("other")!.Dispose();
        }

        new BaseCatalog(_store).Claim("one")!.Dispose();
        Samples.Publish(_store, "one");
        Should.Throw<CloudletException>(() => new BaseCatalog(_store).Claim("one")).Message.ShouldContain("cloudlet base remove one");
    }

    /// <summary>Records and manifests of the store come from a disk, and disks have errors.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("-1")]
    [InlineData("[null]")]
    [InlineData("""{"id":"0123456789ab","baseId":null,"process":null,"created":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"id":"0123456789ab","baseId":"short","process":{"pid":1,"startTime":1,"boot":"x"},"created":"2026-01-01T00:00:00Z"}""")]
    [InlineData(
        """{"id":"0123456789ab","baseId":"0000000000000000000000000000000000000000000000000000000000000000","process":{"pid":1,"startTime":1,"boot":null},"created":"2026-01-01T00:00:00Z"}"""
    )]
    [InlineData(
        """{"id":"0123456789ab","baseId":"0000000000000000000000000000000000000000000000000000000000000000","process":{"pid":1,"startTime":1,"boot":"x"},"forwards":[null],"created":"2026-01-01T00:00:00Z"}"""
    )]
    public async Task A_damaged_record_is_ignored(string json)
    {
        using (_store.Stage()) { }

        foreach (
            var (parent, name, file) in new[]
            {
                (_store.VmsFolder, "0123456789ab", VmRecord.File),
                (_store.BasesFolder, new string('0', 64), BaseVm.ManifestFile),
            }
        )
        {
            var path = Path.Combine(Directory.CreateDirectory(Path.Combine(parent, name)).FullName, file);
            await File.WriteAllTextAsync(path, json, TestContext.Current.CancellationToken);
        }

        foreach (var file in (string[])["host.json", "kvm.json"])
            await File.WriteAllTextAsync(Path.Combine(_store.Folder, file), json, TestContext.Current.CancellationToken);
        new VmCatalog(_store).List().ShouldBeEmpty();
        new BaseCatalog(_store).List().ShouldBeEmpty();
        Samples.Require(RuntimeProgram.Qemu);
        var host = await QemuHost.FindAsync(_store, TestContext.Current.CancellationToken);
        host.Machines.ShouldNotBeEmpty();
        await host.ObstaclesAsync(_store, Samples.Machine with { Accelerator = "kvm" }, TestContext.Current.CancellationToken);
    }
}
