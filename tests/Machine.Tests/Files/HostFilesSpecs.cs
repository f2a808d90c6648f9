using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Files;

public sealed class HostFilesSpecs : IDisposable
{
    private const UnixFileMode Rw = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Rw644 = Rw | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Rwx755 = Rw644 | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly TempDir _dir = new();
    private readonly HostFiles _files = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_new_file_has_exactly_the_requested_content_and_mode()
    {
        _files.Write(_dir["a"], "hello"u8, UnixFileMode.UserRead | UnixFileMode.OtherWrite | UnixFileMode.SetUser);

        _files.Read(_dir["a"]).ShouldBe("hello"u8.ToArray());
        _files.Stat(_dir["a"])!.Mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.OtherWrite | UnixFileMode.SetUser);
    }

    [Theory]
    [InlineData(3, "llo")]
    [InlineData(5, "hello")]
    [InlineData(9, "hello")]
    public void The_end_of_a_file_is_read_or_all_of_a_shorter_one(int count, string end)
    {
        _files.Write(_dir["a"], "hello"u8, Rw);

        _files.ReadEnd(_dir["a"], count).ShouldBe(Encoding.UTF8.GetBytes(end));
        _files.ReadEnd(_dir["b"], count).ShouldBeNull();
        Should.Throw<CloudletException>(() => _files.ReadEnd(_dir.Path, count)).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public void Missing_parents_are_created_accessible_to_all()
    {
        _files.Write(_dir["x/y/z"], "1"u8, Rw);

        _files.Stat(_dir["x"])!.Mode.ShouldBe(Rwx755);
        _files.Stat(_dir["x/y"])!.Mode.ShouldBe(Rwx755);
    }

    [Fact]
    public void Replacing_keeps_the_owner_unless_another_is_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: chown");
        _files.Write(_dir["a"], "1"u8, Rw, "daemon", "12345");
        _files.Write(_dir["a"], "2"u8, Rw644);

        var kept = _files.Stat(_dir["a"])!;
        (kept.Owner, kept.Group, kept.Mode).ShouldBe(("daemon", "12345", Rw644));

        _files.Write(_dir["a"], "3"u8, Rw644, "root", "root");
        _files.Stat(_dir["a"])!.Owner.ShouldBe("root");
    }

    [Fact]
    public void A_link_in_place_of_the_file_is_replaced_and_its_target_left_alone()
    {
        _dir.Write("victim", "precious");
        _files.WriteSymlink(_dir["a"], _dir["victim"]);

        _files.Write(_dir["a"], "new"u8, Rw644);

        File.ReadAllText(_dir["victim"]).ShouldBe("precious");
        _files.Stat(_dir["a"])!.Type.ShouldBe(HostFileType.Regular);
    }

    [Fact]
    public void A_link_replaces_anything_but_a_folder()
    {
        _dir.Write("a", "1");
        _files.WriteSymlink(_dir["a"], "nowhere");
        _files.WriteSymlink(_dir["a"], "elsewhere");

        _files.Stat(_dir["a"])!.Target.ShouldBe("elsewhere");
        _files.CreateDirectory(_dir["folder"], Rwx755);
        Should.Throw<CloudletException>(() => _files.WriteSymlink(_dir["folder"], "x")).Kind.ShouldBe(ErrorKind.AlreadyExists);
        _files.List(_dir.Path).ShouldBe(["a", "folder"]);
    }

    [Fact]
    public void A_folder_in_the_way_of_a_file_is_left_alone()
    {
        _files.CreateDirectory(_dir["a"], Rwx755);

        Should.Throw<CloudletException>(() => _files.Write(_dir["a"], "1"u8, Rw)).Kind.ShouldBe(ErrorKind.AlreadyExists);
        Should.Throw<CloudletException>(() => _files.Write("/", "1"u8, Rw)).Kind.ShouldBe(ErrorKind.AlreadyExists);
    }

    [Fact]
    public void A_file_in_place_of_a_folder_is_reported()
    {
        _dir.Write("a", "1");

        Should.Throw<CloudletException>(() => _files.Write(_dir["a/b"], "1"u8, Rw)).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => _files.CreateDirectory(_dir["a"], Rwx755)).Kind.ShouldBe(ErrorKind.AlreadyExists);
        _files.Stat(_dir["a/b"]).ShouldBeNull();
        _files.Read(_dir["a/b"]).ShouldBeNull();
    }

    [Theory]
    [InlineData("relative")]
    [InlineData("")]
    [InlineData("/a/..")]
    [InlineData("/a/.")]
    [InlineData("/a\0b")]
    public void A_path_that_names_no_file_is_refused(string path) =>
        Should.Throw<CloudletException>(() => _files.Write(path, "1"u8, Rw)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void An_unknown_owner_is_refused_before_anything_is_written()
    {
        Should.Throw<CloudletException>(() => _files.Write(_dir["a"], "1"u8, Rw, "no-such-user")).Kind.ShouldBe(ErrorKind.NotFound);
        Should.Throw<CloudletException>(() => _files.Write(_dir["a"], "1"u8, Rw, "4294967295")).Kind.ShouldBe(ErrorKind.NotFound);

        _files.List(_dir.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Reading_stops_at_the_limit_and_refuses_anything_but_files()
    {
        _dir.Write("a", "12345");
        _files.Read(_dir["a"], 5)!.Length.ShouldBe(5);
        Should.Throw<CloudletException>(() => _files.Read(_dir["a"], 4)).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => _files.Read(_dir.Path)).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => _files.Read("/dev/zero")).Kind.ShouldBe(ErrorKind.InvalidInput);
        _files.Read(_dir["missing"]).ShouldBeNull();
    }

    [Fact]
    public void A_file_that_claims_to_be_empty_is_read_to_its_end() =>
        Encoding.UTF8.GetString(_files.Read("/proc/self/mountinfo")!).ShouldBe(File.ReadAllText("/proc/self/mountinfo"));

    [Fact]
    public void A_large_file_is_read_back_unchanged()
    {
        var content = new byte[3_000_001];
        Random.Shared.NextBytes(content);
        _files.Write(_dir["a"], content, Rw);

        _files.Read(_dir["a"]).ShouldBe(content);
        _files.Stat(_dir["a"])!.Length.ShouldBe(content.Length);
    }

    [Fact]
    public void Stat_distinguishes_types_and_does_not_follow_links()
    {
        _dir.Write("file", "1");
        _files.WriteSymlink(_dir["link"], "file");

        _files.Stat(_dir["file"])!.Type.ShouldBe(HostFileType.Regular);
        _files.Stat(_dir["link"])!.Type.ShouldBe(HostFileType.Symlink);
        _files.Stat(_dir.Path + "/")!.Type.ShouldBe(HostFileType.Directory);
        _files.Stat("/")!.Type.ShouldBe(HostFileType.Directory);
        _files.Stat("/dev/null")!.Type.ShouldBe(HostFileType.Other);
        _files.Stat(_dir["missing"]).ShouldBeNull();
    }

    [Fact]
    public void The_change_time_advances_when_the_modification_time_is_set_back()
    {
        var before = DateTimeOffset.UtcNow.AddMinutes(-1);
        _dir.Write("a", "1");
        File.SetLastWriteTimeUtc(_dir["a"], new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));

        var stat = _files.Stat(_dir["a"])!;
        stat.Modified.ShouldBe(new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero));
        stat.Changed.ShouldBeGreaterThan(before);
    }

    [Fact]
    public void Attributes_change_without_losing_the_set_id_bits()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: chown");
        _dir.Write("a", "1");
        _files.SetAttributes(_dir["a"], Rwx755 | UnixFileMode.SetUser, null, null);
        _files.SetAttributes(_dir["a"], null, "daemon", null);

        var stat = _files.Stat(_dir["a"])!;
        (stat.Owner, stat.Mode).ShouldBe(("daemon", Rwx755 | UnixFileMode.SetUser));
        Should.Throw<CloudletException>(() => _files.SetAttributes(_dir["missing"], Rw, null, null)).Kind.ShouldBe(ErrorKind.NotFound);
    }

    [Fact]
    public void The_owner_of_a_link_changes_and_not_that_of_its_target()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: chown");
        _dir.Write("a", "1");
        _files.WriteSymlink(_dir["link"], "a");
        _files.SetAttributes(_dir["link"], Rw, "daemon", null);

        _files.Stat(_dir["link"])!.Owner.ShouldBe("daemon");
        _files.Stat(_dir["a"])!.Owner.ShouldBe("root");
    }

    [Fact]
    public void Deleting_succeeds_when_nothing_is_there()
    {
        _dir.Write("a/b", "1");
        Should.Throw<CloudletException>(() => _files.Delete(_dir["a"])).Kind.ShouldBe(ErrorKind.InvalidInput);
        _files.Delete(_dir["a/b"]);
        _files.Delete(_dir["a/b"]);
        _files.Delete(_dir["a"]);
        _files.Delete(_dir["a/b"]);

        _files.List(_dir.Path).ShouldBeEmpty();
    }

    [Fact]
    public void A_list_is_in_ordinal_order_and_empty_for_a_missing_folder()
    {
        foreach (var name in new[] { "b", "B", ".hidden", "a*?[" })
            _dir.Write(name, "");

        _files.List(_dir.Path).ShouldBe([".hidden", "B", "a*?[", "b"]);
        _files.List(_dir["missing"]).ShouldBeEmpty();
    }

    [Fact]
    public void Links_of_another_root_stay_inside_it()
    {
        _dir.Write("root/etc/passwd", "nova:x:162:163::/:/bin/sh\n");
        _dir.Write("root/etc/group", "nova:x:163:\nbroken line\n");
        _dir.Write("root/real/file", "inside");
        File.CreateSymbolicLink(_dir["root/link"], "/real");
        var files = new HostFiles(_dir["root"]);

        Encoding.UTF8.GetString(files.Read("/link/file")!).ShouldBe("inside");
        files.Write("/link/new", "1"u8, Rw);
        File.Exists(_dir["root/real/new"]).ShouldBeTrue();
        Encoding.UTF8.GetString(files.Read("/link/../../../real/file")!).ShouldBe("inside");
        if (!Environment.IsPrivilegedProcess)
            return;
        files.Write("/owned", "1"u8, Rw, "nova", "nova");
        files.Stat("/owned")!.Owner.ShouldBe("nova");
        _files.Stat(_dir["root/owned"])!.Group.ShouldNotBe("nova");
    }
}
