using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Kinds.Files;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Files;

public sealed class FilesKindSpecs : IDisposable
{
    private readonly FakeMachine _machine = new();
    private readonly FilesKind _kind;

    public FilesKindSpecs() =>
        _kind = new FilesKind(_machine.Files, new ContentVault(_machine.Files, "/var/lib/cloudlet/vault"), KindDescriptors.OwnedFiles);

    public void Dispose() => _machine.Dispose();

    [Theory]
    [MemberData(nameof(Properties))]
    public async Task Each_difference_is_detected_and_repaired(FileSpec wanted, Action<FakeFiles> drift, string property)
    {
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _machine.Writes.Clear();
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _machine.Writes.ShouldBeEmpty();
        drift(_machine.Files);
        (await DiffAsync(wanted)).ShouldContain(property);
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_mount_over_its_folder_since_it_was_as_described_prevents_writing()
    {
        const string journal = "/var/lib/cloudlet/journal.json";
        var wanted = File("/etc/app/a.conf", "x\n");
        var held = Held();
        await held.ApplyAsync(wanted, null, default);
        held.RecordConverged(wanted);
        _machine.Files.Mounts["/etc/app"] = "tmp (tmpfs)";
        _machine.Files.Take(wanted.Path);

        // Also after a restart of the daemon, and for a file beside it that was never observed.
        var others = new[] { File("/etc/app/b.conf", "y\n"), Folder("/etc/app/c"), Folder("/etc/app") with { Mode = "0700" } };
        foreach (var (holder, spec) in new[] { (held, wanted), (Held(), wanted) }.Concat(others.Select(spec => (held, spec))))
        {
            var seen = await holder.ObserveAsync(spec, default);
            var refused = await Should.ThrowAsync<CloudletException>(async () => await holder.ApplyAsync(spec, seen, default));
            (refused.Kind, _machine.Files.Stat(spec.Path)?.Mode == (UnixFileMode)0x1c0).ShouldBe((ErrorKind.Obstructed, false));
            _machine.Files.List("/etc/app").ShouldBeEmpty();
            refused.Message.ShouldContain("tmp (tmpfs) is mounted at /etc/app");
        }

        await MakeAsync(wanted);
        _machine.Files[journal] = "{}";
        _machine.Files.Take(wanted.Path);
        await held.ApplyAsync(wanted, null, default);
        _machine.Files.Stat(wanted.Path).ShouldNotBeNull();

        FilesKind Held()
        {
            var vault = new ContentVault(_machine.Files, "/var/lib/cloudlet/vault");
            return new(
                _machine.Files,
                vault,
                KindDescriptors.OwnedFiles,
                mounts: new FileMounts(_machine.Files, "/run/cloudlet/mounts.json", journal)
            );
        }
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
            {
                Folder("/etc/d") with
                {
                    Mode = "0750",
                    Owner = "nova",
                },
                f => f.SetAttributes("/etc/d", (UnixFileMode)0x1ff, null, null),
                "mode"
            },
            { Folder("/etc/d"), f => Swap(f, "/etc/d"), "kind" },
            { Link("/etc/l", "/etc/a"), f => f.WriteSymlink("/etc/l", "/etc/b"), "target" },
            { Link("/etc/l", "../a") with { Owner = "nova" }, f => f.SetAttributes("/etc/l", null, "root", null), "owner" },
        };
    }

    [Fact]
    public async Task A_wrong_mode_does_not_write_the_content_again()
    {
        await MakeAsync(File("/etc/a", "x") with { Mode = "0644" });
        _machine.Writes.Clear();
        await MakeAsync(File("/etc/a", "x") with { Mode = "0600" });
        _machine.Writes.ShouldBe(["attributes /etc/a"]);
    }

    [Fact]
    public async Task A_new_content_keeps_undescribed_mode_and_owner()
    {
        _machine.Files.Put("/etc/a", "old"u8.ToArray(), 0x180, "nova");
        await MakeAsync(File("/etc/a", "new"));
        _machine.Files.Stat("/etc/a").ShouldSatisfyAllConditions(i => ((int)i!.Mode).ShouldBe(0x180), i => i!.Owner.ShouldBe("nova"));
    }

    [Fact]
    public async Task A_file_whose_content_is_not_described_keeps_it_and_is_never_deleted()
    {
        _machine.Files["/etc/nova.conf"] = "theirs";
        var wanted = File("/etc/nova.conf", null) with { Mode = "0600" };
        await MakeAsync(wanted);
        _machine.Files["/etc/nova.conf"].ShouldBe("theirs");
        (await DiffAsync(wanted)).ShouldBeEmpty();
        _kind.CanRemove(wanted).ShouldBeFalse();
    }

    [Fact]
    public async Task Large_files_are_compared()
    {
        var wanted = File("/etc/large", new string('x', 3 << 20));
        await MakeAsync(wanted);
        (await DiffAsync(wanted)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Numbers_and_names_of_the_same_account_are_equal()
    {
        _machine.Files["/etc/passwd"] = "root:x:0:0::/root:/bin/sh\nanna:x:1000:1000::/:/bin/sh\n";
        var wanted = File("/etc/a", "x") with { Owner = "1000" };
        await MakeAsync(wanted);
        _machine.Files.Stat("/etc/a")!.Owner.ShouldBe("anna");
        (await DiffAsync(wanted)).ShouldBeEmpty();
        (await DiffAsync(wanted with { Owner = "1001" })).ShouldBe(["owner"]);
    }

    [Theory]
    [InlineData(FileKind.File)]
    [InlineData(FileKind.Symlink)]
    public async Task A_folder_that_is_not_empty_is_never_replaced(FileKind wanted)
    {
        _machine.Files["/etc/d/one"] = "";
        _machine.Files["/etc/d/two"] = "";
        var error = await Should.ThrowAsync<CloudletException>(() =>
            MakeAsync(
                new FileSpec
                {
                    Id = "file:/etc/d",
                    Path = "/etc/d",
                    Kind = wanted,
                    Content = "x",
                    Target = "/x",
                }
            )
        );
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("(one, …)");
        _machine.Files.List("/etc/d").Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_device_is_never_replaced()
    {
        _machine.Files.PutDevice("/etc/fifo");
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(File("/etc/fifo", "x")))).Message.ShouldContain("fifo");
    }

    [Theory]
    [InlineData("/etc/systemd/system/own.service", "systemctl unmask own.service")]
    [InlineData("/etc/systemd/system/own.service.d/order.conf", "link to /dev/null")]
    [InlineData("/etc/sysctl.d/99-own.conf", "link to /dev/null")]
    public async Task A_unit_that_an_operator_masked_stays_masked(string path, string advice)
    {
        _machine.Files.WriteSymlink(path, "/dev/null");
        (await PreflightAsync(File(path, "x"))).ShouldNotBeNull().ShouldContain(advice);
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(File(path, "x")))).Message.ShouldContain(advice);
        _machine.Files.Stat(path)!.Target.ShouldBe("/dev/null");
    }

    [Fact]
    public async Task A_runtime_mask_counts_unless_another_file_takes_precedence()
    {
        _machine.Files.WriteSymlink("/run/systemd/system/own.service", "/dev/null");
        (await PreflightAsync(File("/etc/systemd/system/own.service", "x"))).ShouldNotBeNull().ShouldContain("masked");
        _machine.Files["/etc/systemd/system/own.service"] = "y";
        (await PreflightAsync(File("/etc/systemd/system/own.service", "x"))).ShouldBeNull();
    }

    [Fact]
    public async Task An_immutable_file_is_refused_before_any_change_and_never_removed()
    {
        _machine.Files["/etc/a"] = "theirs";
        _machine.Files.SetImmutable("/etc/a");
        (await PreflightAsync(File("/etc/a", "x"))).ShouldNotBeNull().ShouldContain("chattr -i /etc/a");
        _kind.CanRemove(File("/etc/a", "x")).ShouldBeFalse();
        _kind.KeptBecause(File("/etc/a", "x")).ShouldContain("immutable");
        _machine.Files.SetImmutable("/etc/a", false);
        _machine.Files.SetImmutable("/etc");
        (await PreflightAsync(File("/etc/b", "x"))).ShouldNotBeNull().ShouldContain("chattr -i /etc`");
    }

    [Fact]
    public async Task A_non_empty_folder_in_the_way_is_refused_unless_all_of_it_is_removed()
    {
        _machine.Files["/etc/d/one"] = "";
        var observed = await _kind.ObserveAsync(File("/etc/d", "x"), default);
        (await _kind.CheckAsync(File("/etc/d", "x"), observed, Nothing, default))
            .ShouldHaveSingleItem()
            .ShouldContain("non-empty folder is in its place (one)");
        var goes = Nothing with
        {
            Changes = [new PlannedChange(File("/etc/d/one", "") with { Id = "file:/etc/d/one" }, ChangeAction.Remove, [])],
        };
        (await _kind.CheckAsync(File("/etc/d", "x"), observed, goes, default)).ShouldBeEmpty();
        _kind.CanRemove(Folder("/etc/d"), id => id == "file:/etc/d/one").ShouldBeTrue();
    }

    [Fact]
    public async Task File_capabilities_of_another_content_are_dropped_with_a_note()
    {
        _machine.Files["/etc/a"] = "old";
        _machine.Files.SetExtended("/etc/a", "security.capability", [1]);
        _machine.Files.SetExtended("/etc/a", "security.foo", [2]);
        var captured = (await _kind.CaptureAsync((await _kind.ObserveAsync(File("/etc/a", "new"), default))!, default))!;

        await MakeAsync(File("/etc/a", "new"));
        _machine.Files.ReadExtended("/etc/a").Keys.ShouldBe(["security.foo"]);
        var note = _kind.TakeWarning(File("/etc/a", "new")).ShouldNotBeNull();
        note.ShouldContain("security.capability");
        note.ShouldContain("setcap");

        await MakeAsync(captured);
        _machine.Files.ReadExtended("/etc/a").Keys.Order().ShouldBe(["security.capability", "security.foo"]);
        _kind.TakeWarning(captured).ShouldBeNull();
    }

    [Fact]
    public async Task Extended_attributes_stay_while_a_file_is_ours_and_are_restored_with_it()
    {
        _machine.Files["/etc/a"] = "theirs";
        _machine.Files.SetExtended("/etc/a", "user.note", [0, 1, (byte)'=', 0xff]);
        var captured = (await _kind.CaptureAsync((await _kind.ObserveAsync(File("/etc/a", "x"), default))!, default))!;
        await MakeAsync(File("/etc/a", "x"));
        _machine.Files.ReadExtended("/etc/a")["user.note"].ShouldBe([0, 1, (byte)'=', 0xff]);

        _machine.Files.Take("/etc/a");
        await MakeAsync(File("/etc/a", "x"));
        _machine.Files.SetExtended("/etc/a", "user.other", [9]);
        (await DiffAsync(captured)).ShouldBe(["content", "extended"], ignoreOrder: true);
        await MakeAsync(captured);
        (await DiffAsync(captured)).ShouldBeEmpty();
        _machine.Files.ReadExtended("/etc/a").ShouldHaveSingleItem().Value.ShouldBe([0, 1, (byte)'=', 0xff]);
    }

    [Theory]
    [InlineData("0999")]
    [InlineData("rw-r--r--")]
    [InlineData("17777")]
    [InlineData("")]
    public async Task An_invalid_mode_is_refused(string mode) =>
        (await Should.ThrowAsync<CloudletException>(() => MakeAsync(File("/etc/a", "x") with { Mode = mode }))).Kind.ShouldBe(
            ErrorKind.InvalidInput
        );

    [Fact]
    public async Task Special_mode_bits_are_kept()
    {
        await MakeAsync(File("/etc/a", "x") with { Mode = "4755" });
        (await DiffAsync(File("/etc/a", "x") with { Mode = "4755" })).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Earlier))]
    public async Task A_captured_state_is_restored_whatever_it_was(Action<FakeFiles> before, FileSpec wanted)
    {
        before(_machine.Files);
        var stat = _machine.Files.Stat("/etc/p")!;
        var content = stat.Type == HostFileType.Regular ? _machine.Files.Read("/etc/p") : null;
        var captured = (await _kind.CaptureAsync((await _kind.ObserveAsync(wanted, default))!, default))!;
        await MakeAsync(wanted);
        (await DiffAsync(captured)).ShouldNotBeEmpty();
        await MakeAsync(captured);
        (await DiffAsync(captured)).ShouldBeEmpty();
        var after = _machine.Files.Stat("/etc/p")!;
        (after.Type, after.Mode, after.Owner, after.Group, after.Target).ShouldBe(
            (stat.Type, stat.Mode, stat.Owner, stat.Group, stat.Target)
        );
        if (content is not null)
            _machine.Files.Read("/etc/p").ShouldBe(content);
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
    public async Task Removing_deletes_files_links_and_empty_folders_and_leaves_others()
    {
        _machine.Files["/etc/d/one"] = "";
        await MakeAsync(File("/etc/a", "x"));
        await MakeAsync(Link("/etc/l", "/x"));
        await MakeAsync(Folder("/etc/e"));
        _kind.CanRemove(Folder("/etc/d")).ShouldBeFalse();
        foreach (
            var spec in (FileSpec[])[File("/etc/a", "x"), Link("/etc/l", "/x"), Folder("/etc/e"), Folder("/etc/d"), File("/etc/never", "x")]
        )
            await _kind.RemoveAsync(spec, default);
        _machine.Files.Paths.ShouldNotContain(p => p == "/etc/a" || p == "/etc/l" || p == "/etc/e");
        _machine.Files.Stat("/etc/d/one").ShouldNotBeNull();
    }

    [Fact]
    public async Task Files_at_our_own_paths_are_ours_without_any_record()
    {
        foreach (
            var path in (string[])
                [
                    "/etc/systemd/network/05-cloudlet-a.netdev",
                    "/etc/systemd/network/10-other.network",
                    "/etc/modprobe.d/50-cloudlet-dummy.conf",
                    "/etc/network/interfaces.d/50-cloudlet",
                    "/etc/systemd/system/cloudlet-link-a.service",
                ]
        )
            _machine.Files[path] = "x";
        const string Wants = "/etc/systemd/system/multi-user.target.wants";
        _machine.Files.WriteSymlink($"{Wants}/cloudlet-link-a.service", "/etc/systemd/system/cloudlet-link-a.service");
        _machine.Files.WriteSymlink($"{Wants}/cloudlet-link-gone.service", "/etc/systemd/system/cloudlet-link-gone.service");
        (await _kind.FindOwnedAsync(default))
            .Select(f => f.Path)
            .Order(StringComparer.Ordinal)
            .ShouldBe([
                "/etc/modprobe.d/50-cloudlet-dummy.conf",
                "/etc/network/interfaces.d/50-cloudlet",
                "/etc/systemd/network/05-cloudlet-a.netdev",
                "/etc/systemd/system/cloudlet-link-a.service",
                $"{Wants}/cloudlet-link-gone.service",
            ]);
    }

    private static FileSpec File(string path, string? content) =>
        new()
        {
            Id = FileSpec.IdOf(path),
            Path = path,
            Kind = FileKind.File,
            Content = content,
        };

    private static FileSpec Folder(string path) =>
        new()
        {
            Id = FileSpec.IdOf(path),
            Path = path,
            Kind = FileKind.Directory,
        };

    private static FileSpec Link(string path, string target) =>
        new()
        {
            Id = FileSpec.IdOf(path),
            Path = path,
            Kind = FileKind.Symlink,
            Target = target,
        };

    private static void Swap(FakeFiles files, string path)
    {
        files.Take(path);
        files[path] = "x";
    }

    private static Plan Nothing => new(DesiredState.HostState.Create("", []), []);

    private async Task<string?> PreflightAsync(FileSpec wanted) =>
        (await _kind.CheckAsync(wanted, await _kind.ObserveAsync(wanted, default), Nothing, default)).SingleOrDefault();

    private async Task MakeAsync(FileSpec wanted) => await _kind.ApplyAsync(wanted, await _kind.ObserveAsync(wanted, default), default);

    private async Task<IEnumerable<string>> DiffAsync(FileSpec wanted) =>
        SpecDiff.Between(wanted, await _kind.ObserveAsync(wanted, default)).Select(c => c.Path).Distinct();
}
