using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Tests.Netlink;
using Cloudlet.Machine.Watch;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Machine.Tests.Watch;

public sealed class FileWatchSpecs : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly WatchLog _log = new();
    private readonly FileWatch _watch;
    private string[] _watched = [];

    public FileWatchSpecs() => _watch = new FileWatch(_log.Take, TimeProvider.System);

    /// <summary>
    /// Before each change, site/app/app.conf exists, and current.conf is a link to it; site/conf.d contains 10.conf and a link 20.conf →
    /// ../app/app.conf.
    /// </summary>
    [Theory]
    [InlineData("site/app/app.conf", "echo more >>site/app/app.conf")]
    [InlineData("site/app/app.conf", "echo new >new; mv new site/app/app.conf")]
    [InlineData("site/app/app.conf", "truncate -s 0 site/app/app.conf")]
    [InlineData("site/app/app.conf", "chmod 600 site/app/app.conf")]
    [InlineData("site/app/app.conf", "chown 33 site/app/app.conf")]
    [InlineData("site/app/app.conf", "touch -d 2001-01-01 site/app/app.conf")]
    [InlineData("site/app/app.conf", "rm site/app/app.conf")]
    [InlineData("site/app/app.conf", "rm site/app/app.conf; mkdir site/app/app.conf")]
    [InlineData("site/app/app.conf", "ln site/app/app.conf other; echo more >>other")]
    [InlineData("site/app/app.conf", "rm -r site")]
    [InlineData("site/app/app.conf", "mv site away")]
    [InlineData("site/app/app.conf", "mv site/app away")]
    [InlineData("site/app/app.conf", "chmod 700 site/app")]
    [InlineData("site/app/../app/./app.conf", "echo more >>site/app/app.conf")]
    [InlineData("site//app/app.conf/", "echo more >>site/app/app.conf")]
    [InlineData("current.conf", "echo more >>site/app/app.conf")]
    [InlineData("current.conf", "ln -sfn /etc/hostname current.conf")]
    [InlineData("current.conf", "chown -h 33 current.conf")]
    [InlineData("current.conf", "mv site away")]
    [InlineData("current.conf", "rm site/app/app.conf")]
    [InlineData("by-link/app.conf", "ln -sfn /etc by-link")]
    [InlineData("by-link/app.conf", "echo more >>site/app/app.conf")]
    [InlineData("site/conf.d", "echo new >site/conf.d/30.conf")]
    [InlineData("site/conf.d", "echo more >>site/conf.d/10.conf")]
    [InlineData("site/conf.d", "rm site/conf.d/10.conf")]
    [InlineData("site/conf.d", "mv site/conf.d/10.conf site/conf.d/11.conf")]
    [InlineData("site/conf.d", "chmod 600 site/conf.d/10.conf")]
    [InlineData("site/conf.d", "mkdir site/conf.d/sub")]
    [InlineData("site/conf.d", "chmod 700 site/conf.d")]
    [InlineData("site/conf.d", "rm -r site/conf.d; mkdir site/conf.d")]
    [InlineData("site/conf.d", "echo more >>site/app/app.conf")]
    [InlineData("missing", "echo new >missing")]
    [InlineData("missing/a/b", "mkdir missing")]
    [InlineData("dangling", "echo new >nowhere")]
    [InlineData("loop", "ln -sfn site loop")]
    [InlineData("site", "mv site/conf.d site/conf.e")]
    public async Task A_change_of_a_path_or_its_targets_is_reported(string path, string change)
    {
        Shell(
            "mkdir -p site/app site/conf.d; echo 1 >site/app/app.conf; echo 1 >site/conf.d/10.conf; ln -s ../app/app.conf "
                + "site/conf.d/20.conf; "
                + "ln -s site/app/app.conf current.conf; ln -s site/app by-link; ln -s nowhere dangling; ln -s loop loop"
        );
        Watch([_dir[path]]);

        Shell(change);

        await _log.NextPathAsync(_dir[path]);
        _watch.Unwatched.ShouldBeEmpty();
    }

    [Fact]
    public async Task Mounting_over_a_folder_and_unmounting_are_reported()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to mount");
        Shell("mkdir -p site/app; echo 1 >site/app/app.conf; echo 1 >other.conf");
        Watch([_dir["site/app/app.conf"], _dir["other.conf"]]);
        try
        {
            Shell("mount -t tmpfs watched site/app");
            await _log.NextPathAsync(_dir["site/app/app.conf"]);
            Shell("echo 2 >site/app/app.conf");
            await _log.NextPathAsync(_dir["site/app/app.conf"]);
        }
        finally
        {
            Shell("umount site/app");
        }

        await _log.NextPathAsync(_dir["site/app/app.conf"]);
        await SettleAsync();
        _log.TakeAll().OfType<PathTouched>().ShouldNotContain(e => e.Path == _dir["other.conf"]);
    }

    [Fact]
    public async Task A_path_is_followed_through_everything_that_happens_to_it()
    {
        var file = _dir.Write("a/b/file", "1");
        Watch([file]);
        string[] steps =
        [
            "echo 2 >new; mv new a/b/file",
            "echo 3 >>a/b/file",
            "rm a/b/file",
            "echo 4 >a/b/file",
            "rm -r a",
            "mkdir a",
            "mkdir a/b",
            "echo 5 >a/b/file",
            "mv a away",
            "mkdir -p other/b; echo 6 >other/b/file; mv other a",
            "echo 7 >>a/b/file",
            "mv a/b a/c; ln -s c a/b",
            "echo 8 >>a/c/file",
            "rm a/b; ln -s ../away/b a/b",
            "echo 9 >>away/b/file",
            "rm a/b; mkdir a/b",
            "echo 10 >a/b/file",
            "echo 11 >>a/b/file",
        ];
        foreach (var step in steps)
        {
            await SettleAsync();
            Shell(step);
            await _log.NextPathAsync(file);
        }
    }

    [Fact]
    public async Task Missing_parents_are_waited_for_one_by_one()
    {
        var file = _dir["x/y/z/file"];
        Watch([file]);
        foreach (var step in new[] { "mkdir x", "mkdir x/y", "mkdir x/y/z", "echo 1 >x/y/z/file", "echo 2 >>x/y/z/file" })
        {
            await SettleAsync();
            Shell(step);
            await _log.NextPathAsync(file);
        }

        await SettleAsync();
        Shell("rm -r x; mkdir -p x/y/z; echo 3 >x/y/z/file");
        await SettleAsync();
        Shell("echo 4 >>x/y/z/file");
        await _log.NextPathAsync(file);
    }

    [Fact]
    public async Task Our_own_temporary_files_do_not_count()
    {
        var files = new HostFiles(_dir.Path);
        var folder = Directory.CreateDirectory(_dir["conf.d"]).FullName;
        var temporary = Path.Combine(folder, TemporaryNames.Create("a.conf"));
        Watch([folder]);
        File.WriteAllText(temporary, "1");
        File.AppendAllText(temporary, "2");
        File.Delete(temporary);
        (await SettleAsync()).ShouldBeEmpty();

        files.Write("/conf.d/a.conf", "3"u8, UnixFileMode.UserRead);

        await _log.NextPathAsync(folder);
    }

    [Fact]
    public async Task Other_changes_in_the_folder_of_a_file_are_not_reported()
    {
        var file = _dir.Write("a/file", "1");
        Watch([file]);

        Shell("echo 1 >a/other; echo 2 >>a/other; chmod 600 a/other; mv a/other a/another; rm a/another; cat a/file");

        (await SettleAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Paths_that_are_no_longer_watched_are_not_reported()
    {
        var (first, second) = (_dir.Write("first", "1"), _dir.Write("second", "1"));
        Watch([first]);
        Watch([second]);
        File.AppendAllText(first, "2");
        (await SettleAsync()).ShouldBeEmpty();

        File.AppendAllText(second, "2");

        await _log.NextPathAsync(second);
    }

    [Fact]
    public async Task A_burst_gives_few_events()
    {
        var file = _dir.Write("file", "");
        Watch([file]);
        _log.Close();
        File.AppendAllText(file, "first");
        for (var i = 0; i < 500; i++)
            File.AppendAllText(file, "more");
        _log.Open();

        (await SettleAsync()).Count.ShouldBeInRange(1, 10);
    }

    [Fact]
    public async Task At_the_limit_of_watches_the_others_continue()
    {
        var (first, second) = (_dir.Write("a/file", ""), _dir.Write("b/file", ""));
        var depth = first.Count(c => c == '/'); // one watch for each folder down from /, and one for the file
        using var watch = new FileWatch(_log.Take, TimeProvider.System, mostWatches: depth + 1);
        watch.Watch([first]);
        watch.Unwatched.ShouldBeEmpty();
        watch.Watch([first, second]);
        watch.Watch([first, second]);

        watch.Unwatched.ShouldBe([second]);
        (await _log.NextAsync<EventsLost>()).Because.ShouldContain("fs.inotify.max_user_watches");
        File.AppendAllText(first, "1");
        await _log.NextPathAsync(first);

        watch.Watch([second]);
        watch.Unwatched.ShouldBeEmpty();
        File.AppendAllText(second, "1");
        await _log.NextPathAsync(second);
        _log.TakeAll().OfType<EventsLost>().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_full_queue_is_reported_and_watching_continues()
    {
        var most = int.Parse(File.ReadAllText("/proc/sys/fs/inotify/max_queued_events"));
        Assert.SkipWhen(most > 100_000, "the queue is too long to fill it in a test");
        var folder = Directory.CreateDirectory(_dir["conf.d"]).FullName;
        Watch([folder]);
        _log.Close();
        File.WriteAllText(Path.Combine(folder, "first"), ""); // the source waits in its sink from here on
        var (one, two) = (Path.Combine(folder, "1"), Path.Combine(folder, "2"));
        File.WriteAllText(one, "");
        for (var i = 0; i < most / 2; i++)
        {
            // Equal adjacent events would be merged.
            File.Move(one, two);
            File.Move(two, one);
        }
        _log.Open();

        (await _log.NextAsync<EventsLost>()).Source.ShouldBe(WakeSourceNames.Files);
        File.WriteAllText(Path.Combine(folder, "last"), "");
        await _log.NextPathAsync(folder);
    }

    [Fact]
    public void A_path_that_is_not_absolute_is_refused() =>
        Should.Throw<CloudletException>(() => _watch.Watch(["/fine", "relative"])).Kind.ShouldBe(ErrorKind.InvalidInput);

    public void Dispose()
    {
        _watch.Dispose();
        _dir.Dispose();
    }

    /// <summary>Waits until everything that happened so far was reported, and returns the reports.</summary>
    private async Task<List<HostEvent>> SettleAsync()
    {
        var marker = _dir[$"marker-{Guid.NewGuid():N}"];
        var kept = new List<HostEvent>();
        _watch.Watch([.. _watched, marker]);
        File.WriteAllText(marker, "");
        await _log.NextAsync<PathTouched>(e =>
        {
            if (e.Path != marker)
                kept.Add(e);
            return e.Path == marker;
        });
        return kept;
    }

    private void Watch(string[] paths) => _watch.Watch(_watched = paths);

    private void Shell(string script) =>
        TestNamespace.Run("/bin/sh", $"-ec \"cd {_dir.Path}; {script}\"").ShouldSatisfyAllConditions(r => r.ExitCode.ShouldBe(0, r.Output));
}
