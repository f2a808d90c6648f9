using System.Text;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Files;

public sealed class AtomicWriteSpecs : IDisposable
{
    private const UnixFileMode Rw = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempDir _dir = new();
    private readonly HostFiles _files = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_full_file_system_leaves_the_old_file_and_nothing_else()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts a tmpfs");
        using var small = new TmpfsMount("size=64k");
        _files.Write(small["a"], "old"u8, Rw);

        var error = Should.Throw<CloudletException>(() => _files.Write(small["a"], new byte[100_000], Rw));

        error.Kind.ShouldBe(ErrorKind.NoSpace);
        error.Message.ShouldContain(small["a"]);
        Encoding.UTF8.GetString(_files.Read(small["a"])!).ShouldBe("old");
        _files.List(small[""]).ShouldBe(["a"]);
    }

    [Fact]
    public void An_urgent_write_replaces_the_file_and_removes_what_killed_writers_left()
    {
        _files.Write(_dir["a"], "old"u8, Rw);
        File.WriteAllText(_dir[".a.cloudlet-abc123"], "left by a kill");

        _files.Write(_dir["a"], "new"u8, Rw, isUrgent: true);

        Encoding.UTF8.GetString(_files.Read(_dir["a"])!).ShouldBe("new");
        _files.Stat(_dir["a"])!.Mode.ShouldBe(Rw);
        _files.List(_dir[""]).ShouldBe(["a"]);
    }

    [Fact]
    public void An_urgent_write_to_a_full_file_system_leaves_the_old_file_and_nothing_else()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts a tmpfs");
        using var small = new TmpfsMount("size=64k");
        _files.Write(small["a"], "old"u8, Rw);

        Should
            .Throw<CloudletException>(() => _files.Write(small["a"], new byte[100_000], Rw, isUrgent: true))
            .Kind.ShouldBe(ErrorKind.NoSpace);
        Encoding.UTF8.GetString(_files.Read(small["a"])!).ShouldBe("old");
        _files.List(small[""]).ShouldBe(["a"]);
    }

    [Fact]
    public void A_file_system_without_inodes_is_full_too()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts a tmpfs");
        using var small = new TmpfsMount("size=64k,nr_inodes=2");
        _files.Write(small["a"], "old"u8, Rw);

        Should.Throw<CloudletException>(() => _files.Write(small["a"], "new"u8, Rw)).Kind.ShouldBe(ErrorKind.NoSpace);
        Should.Throw<CloudletException>(() => _files.WriteSymlink(small["b"], "a")).Kind.ShouldBe(ErrorKind.NoSpace);
        Should.Throw<CloudletException>(() => _files.CreateDirectory(small["c"], Rw)).Kind.ShouldBe(ErrorKind.NoSpace);
        Encoding.UTF8.GetString(_files.Read(small["a"])!).ShouldBe("old");
    }

    [Fact]
    public void A_read_only_file_system_is_reported_as_such()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts a tmpfs");
        using var small = new TmpfsMount("size=64k");
        _files.Write(small["a"], "old"u8, Rw);
        small.RemountReadOnly();

        Should.Throw<CloudletException>(() => _files.Write(small["a"], "new"u8, Rw)).Kind.ShouldBe(ErrorKind.ReadOnly);
        Should.Throw<CloudletException>(() => _files.Delete(small["a"])).Kind.ShouldBe(ErrorKind.ReadOnly);
        Should.Throw<CloudletException>(() => _files.WriteSymlink(small["a"], "x")).Kind.ShouldBe(ErrorKind.ReadOnly);
        Should
            .Throw<CloudletException>(() => _files.SetAttributes(small["a"], UnixFileMode.None, null, null))
            .Kind.ShouldBe(ErrorKind.ReadOnly);
        Encoding.UTF8.GetString(_files.Read(small["a"])!).ShouldBe("old");
    }

    [Fact]
    public void Leftovers_of_a_killed_writer_are_removed_by_the_next_write_of_that_name()
    {
        _dir.Write(".a.cloudlet-abc123", "half");
        File.CreateSymbolicLink(_dir[".a.cloudlet-zzzzzz"], "half");
        _dir.Write(".ab.cloudlet-abc123", "another name's");
        _dir.Write(".a.cloudlet-ABC123", "not ours");
        _dir.Write(".a.cloudlet-abc1234", "not ours");

        _files.Write(_dir["a"], "new"u8, Rw);

        _files.List(_dir.Path).ShouldBe([".a.cloudlet-ABC123", ".a.cloudlet-abc1234", ".ab.cloudlet-abc123", "a"]);
    }

    [Fact]
    public void Leftovers_of_killed_writers_can_be_removed_without_a_write()
    {
        _dir.Write(".a.cloudlet-abc123", "half");
        File.CreateSymbolicLink(_dir[".b.cloudlet-zzzzzz"], "half");
        _dir.Write(".a.cloudlet-ABC123", "not ours");
        using var folder = new HostRoot("/").TryOpen(_dir.Path, FileCalls.O_RDONLY, out _)!;
        using var other = TemporaryFile.Create(folder, "c", _dir["c"]);

        _files.RemoveLeftOvers(_dir.Path);
        _files.RemoveLeftOvers(_dir["no such folder"]);
        other.MoveIntoPlace();

        _files.List(_dir.Path).ShouldBe([".a.cloudlet-ABC123", "c"]);
    }

    [Fact]
    public void A_file_that_another_writer_is_writing_stays()
    {
        using var folder = new HostRoot("/").TryOpen(_dir.Path, FileCalls.O_RDONLY, out _)!;
        using var other = TemporaryFile.Create(folder, "a", _dir["a"]);
        other.Fill("theirs"u8, 0x180, AttributeCalls.KeepId, AttributeCalls.KeepId, null);

        _files.Write(_dir["a"], "ours"u8, Rw);
        other.MoveIntoPlace();

        Encoding.UTF8.GetString(_files.Read(_dir["a"])!).ShouldBe("theirs");
        _files.List(_dir.Path).ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_file_that_is_being_created_never_counts_as_a_leftover()
    {
        using var folder = new HostRoot("/").TryOpen(_dir.Path, FileCalls.O_RDONLY, out _)!;
        using var stop = new CancellationTokenSource();
        var removers = Enumerable
            .Range(0, 2)
            .Select(_ =>
                Task.Run(() =>
                {
                    while (!stop.IsCancellationRequested)
                        TemporaryNames.RemoveLeftOvers(folder, "a");
                })
            )
            .ToList();
        for (var i = 0; i < 4000; i++)
        {
            using var file = TemporaryFile.Create(folder, "a", _dir["a"]);
            Thread.Yield();
            file.MoveIntoPlace();
        }

        await stop.CancelAsync();
        await Task.WhenAll(removers);
    }

    [Fact]
    public void The_longest_possible_name_can_be_written()
    {
        foreach (
            var name in new[]
            {
                new string('x', 255),
                string.Concat(Enumerable.Repeat("ü", 127)),
                string.Concat(Enumerable.Repeat("😀", 63)),
            }
        )
        {
            _files.Write(_dir[name], "1"u8, Rw);
            _files.WriteSymlink(_dir[name], "target");
            _files.Delete(_dir[name]);
        }
        Should.Throw<CloudletException>(() => _files.Write(_dir[new string('x', 256)], "1"u8, Rw)).Kind.ShouldBe(ErrorKind.InvalidInput);
        _files.List(_dir.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Readers_see_only_whole_contents_while_files_and_links_are_swapped()
    {
        var path = _dir["a"];
        var first = Content('1');
        _files.Write(path, first, Rw);
        using var stop = new CancellationTokenSource();
        var writers = "123".Select(mark => Task.Run(() => Repeat(() => _files.Write(path, Content(mark), Rw)))).ToList();
        writers.Add(Task.Run(() => Repeat(() => _files.WriteSymlink(path, "other"))));
        _files.Write(_dir["other"], Content('o'), Rw);
        var seen = 0;
        var reader = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                var content = _files.Read(path).ShouldNotBeNull();
                content.ShouldBe(Content((char)content[0]));
                seen++;
            }
        });

        await Task.WhenAll(writers);
        await stop.CancelAsync();
        await reader;

        seen.ShouldBeGreaterThan(0);
        _files.List(_dir.Path).ShouldBe(["a", "other"]);

        static void Repeat(Action action)
        {
            for (var i = 0; i < 60; i++)
                action();
        }
    }

    private static byte[] Content(char mark) => Encoding.UTF8.GetBytes(new string(mark, 20_000));
}
