using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Files;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Files;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Files;

public sealed class FilesKindSpecs : IDisposable
{
    private readonly FakeMachine machine = new();
    private readonly FilesKind kind;

    public FilesKindSpecs() => kind = new FilesKind(machine.Files, new ContentVault(machine.Files, "/var/lib/cloudlet/vault"), BootFiles.OwnedPatterns);

    public void Dispose() => machine.Dispose();

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task Each_property_is_seen_to_differ_and_is_mended(FileSpec wanted, Action<FakeFiles> drift, string property)
    {
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        machine.Writes.Clear();
        (await DiffAsync(wanted)).ShouldBeEmpty();
        machine.Writes.ShouldBeEmpty();
        drift(machine.Files);
        (await DiffAsync(wanted)).ShouldContain(property);
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    public static TheoryData<FileSpec, Action<FakeFiles>, string> Properties()
    {
        var text = File("/etc/a.conf", "x\n") with { Mode = "0640", Owner = "nova", Group = "nova" };
        return new()
        {
            { text, f => f.Put("/etc/a.conf", "y\n"u8.ToArray(), 0x1a0, "nova"), "content" },
            { text, f => f.Put("/etc/a.conf", [0xff, 0xfe], 0x1a4, "nova"), "content" },
            { text, f => f.SetAttributes("/etc/a.conf", (UnixFileMode)0x1ff, null, null), "mode" },
            { text, f => f.SetAttributes("/etc/a.conf", null, "root", null), "owner" },
            { text, f => f.SetAttributes("/etc/a.conf", null, null, "root"), "group" },
            { text, f => f.Take("/etc/a.conf"), "path" },
            { text, f => f.WriteSymlink("/etc/a.conf", "/etc/b.conf"), "kind" },
            { Folder("/etc/d") with { Mode = "0750", Owner = "nova" }, f => f.SetAttributes("/etc/d", (UnixFileMode)0x1ff, null, null), "mode" },
            { Folder("/etc/d"), f => Swap(f, "/etc/d"), "kind" },
            { Link("/etc/l", "/etc/a"), f => f.WriteSymlink("/etc/l", "/etc/b"), "target" },
            { Link("/etc/l", "../a") with { Owner = "nova" }, f => f.SetAttributes("/etc/l", null, "root", null), "owner" },
        };
    }

    [Fact]
    public async Task A_wrong_mode_does_not_write_the_content_again()
    {
        await MakeAsync(File("/etc/a", "x") with { Mode = "0644" });
        machine.Writes.Clear();
        await MakeAsync(File("/etc/a", "x") with { Mode = "0600" });
        machine.Writes.ShouldBe(["attributes /etc/a"]);
    }

    [Fact]
    public async Task A_new_content_keeps_mode_and_owner_that_nobody_describes()
    {
        machine.Files.Put("/etc/a", "old"u8.ToArray(), 0x180, "nova");
        await MakeAsync(File("/etc/a", "new"));
        machine.Files.Stat("/etc/a").ShouldSatisfyAllConditions(i => ((int)i!.Mode).ShouldBe(0x180), i => i!.Owner.ShouldBe("nova"));
    }

    [Fact]
    public async Task A_file_whose_content_is_not_described_keeps_it_and_is_never_deleted()
    {
        machine.Files["/etc/nova.conf"] = "theirs";
        var wanted = File("/etc/nova.conf", null) with { Mode = "0600" };
        await MakeAsync(wanted);
        machine.Files["/etc/nova.conf"].ShouldBe("theirs");
        (await DiffAsync(wanted)).ShouldBeEmpty();
        kind.CanRemove(wanted).ShouldBeFalse();
    }

    [Fact]
    public async Task Large_files_compare()
    {
        var wanted = File("/etc/large", new string('x', 3 << 20));
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Numbers_and_names_of_the_same_account_are_equal()
    {
        machine.Files["/etc/passwd"] = "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/:/bin/sh\n";
        var wanted = File("/etc/a", "x") with { Owner = "1000" };
        await MakeAsync(wanted);
        machine.Files.Stat("/etc/a")!.Owner.ShouldBe("anna");
        (await DiffAsync(wanted)).ShouldBeEmpty();
        (await DiffAsync(wanted with { Owner = "1001" })).ShouldBe(["owner"]);
    }

    [Theory]
    [InlineData(FileKind.File)]
    [InlineData(FileKind.Symlink)]
    public async Task A_folder_that_is_not_empty_is_never_replaced(FileKind wanted)
    {
        machine.Files["/etc/d/one"] = "";
        machine.Files["/etc/d/two"] = "";
        var error = await Should.ThrowAsync<CloudletException>(() => MakeAsync(new FileSpec { Id = "file:/etc/d", Path = "/etc/d", Kind = wanted, Content = "x", Target = "/x" }));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("(one, …)");
        machine.Files.List("/etc/d").Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_device_is_never_replaced()
    {
        machine.Files.PutDevice("/etc/fifo");
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(File("/etc/fifo", "x")))).Message.ShouldContain("fifo");
    }

    [Theory]
    [InlineData("0999")]
    [InlineData("rw-r--r--")]
    [InlineData("17777")]
    [InlineData("")]
    public async Task A_mode_that_is_none_is_refused(string mode) =>
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(File("/etc/a", "x") with { Mode = mode }))).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public async Task Special_mode_bits_are_kept()
    {
        await MakeAsync(File("/etc/a", "x") with { Mode = "4755" });
        (await DiffAsync(File("/etc/a", "x") with { Mode = "4755" })).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Earlier))]
    public async Task What_is_captured_comes_back_whatever_it_was(Action<FakeFiles> before, FileSpec wanted)
    {
        before(machine.Files);
        var stat = machine.Files.Stat("/etc/p")!;
        var content = stat.Type == HostFileType.Regular ? machine.Files.Read("/etc/p") : null;
        var captured = (await kind.CaptureAsync((await kind.ObserveAsync(wanted, default))!, default))!;
        await MakeAsync(wanted);
        (await DiffAsync(captured)).ShouldNotBeEmpty();
        await MakeAsync(captured);
        (await DiffAsync(captured)).ShouldBeEmpty();
        var after = machine.Files.Stat("/etc/p")!;
        (after.Type, after.Mode, after.Owner, after.Group, after.Target).ShouldBe((stat.Type, stat.Mode, stat.Owner, stat.Group, stat.Target));
        if (content is not null)
            machine.Files.Read("/etc/p").ShouldBe(content);
    }

    public static TheoryData<Action<FakeFiles>, FileSpec> Earlier()
    {
        var file = File("/etc/p", "new") with { Mode = "0644", Owner = "root" };
        return new()
        {
            { f => f.Put("/etc/p", "old"u8.ToArray(), 0x180, "nova"), file },
            { f => f.Put("/etc/p", [0xff, 0x00, 0xfe], 0x1a4), file },
            { f => f.Put("/etc/p", [], 0x1a4), file },
            { f => f.Put("/etc/p", "vault:x"u8.ToArray()), file },
            { f => f.WriteSymlink("/etc/p", "../x"), file },
            { f => f.CreateDirectory("/etc/p", (UnixFileMode)0x1c0), file },
            { f => f.Put("/etc/p", "old"u8.ToArray(), 0x180, "nova"), Folder("/etc/p") },
            { f => f.Put("/etc/p", [0xff], 0x180, "nova"), Link("/etc/p", "/x") },
        };
    }

    [Fact]
    public async Task Removing_takes_files_links_and_empty_folders_and_leaves_full_ones()
    {
        machine.Files["/etc/d/one"] = "";
        await MakeAsync(File("/etc/a", "x"));
        await MakeAsync(Link("/etc/l", "/x"));
        await MakeAsync(Folder("/etc/e"));
        kind.CanRemove(Folder("/etc/d")).ShouldBeFalse();
        foreach (var spec in (FileSpec[])[File("/etc/a", "x"), Link("/etc/l", "/x"), Folder("/etc/e"), Folder("/etc/d"), File("/etc/never", "x")])
            await kind.RemoveAsync(spec, default);
        machine.Files.Paths.ShouldNotContain(p => p == "/etc/a" || p == "/etc/l" || p == "/etc/e");
        machine.Files.Stat("/etc/d/one").ShouldNotBeNull();
    }

    [Fact]
    public async Task Files_in_our_places_are_ours_without_any_record()
    {
        foreach (var path in (string[])
            ["/etc/systemd/network/05-cloudlet-a.netdev", "/etc/systemd/network/10-other.network", "/etc/modprobe.d/50-cloudlet-dummy.conf", "/etc/network/interfaces.d/50-cloudlet", "/etc/systemd/system/cloudlet-link-a.service"])
            machine.Files[path] = "x";
        const string Wants = "/etc/systemd/system/multi-user.target.wants";
        machine.Files.WriteSymlink($"{Wants}/cloudlet-link-a.service", "/etc/systemd/system/cloudlet-link-a.service");
        machine.Files.WriteSymlink($"{Wants}/cloudlet-link-gone.service", "/etc/systemd/system/cloudlet-link-gone.service");
        (await kind.FindOwnedAsync(default)).Select(f => f.Path).Order(StringComparer.Ordinal).ShouldBe(
        [
            "/etc/modprobe.d/50-cloudlet-dummy.conf", "/etc/network/interfaces.d/50-cloudlet", "/etc/systemd/network/05-cloudlet-a.netdev", "/etc/systemd/system/cloudlet-link-a.service",
            $"{Wants}/cloudlet-link-gone.service",
        ]);
    }

    private static FileSpec File(string path, string? content) => new() { Id = FileSpec.IdOf(path), Path = path, Kind = FileKind.File, Content = content };

    private static FileSpec Folder(string path) => new() { Id = FileSpec.IdOf(path), Path = path, Kind = FileKind.Directory };

    private static FileSpec Link(string path, string target) => new() { Id = FileSpec.IdOf(path), Path = path, Kind = FileKind.Symlink, Target = target };

    private static void Swap(FakeFiles files, string path)
    {
        files.Take(path);
        files[path] = "x";
    }

    private async Task MakeAsync(FileSpec wanted) => await kind.ApplyAsync(wanted, await kind.ObserveAsync(wanted, default), default);

    private async Task<IEnumerable<string>> DiffAsync(FileSpec wanted) => SpecDiff.Between(wanted, await kind.ObserveAsync(wanted, default)).Select(c => c.Path).Distinct();
}
