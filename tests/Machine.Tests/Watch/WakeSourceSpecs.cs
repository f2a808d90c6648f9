using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;
using Cloudlet.Machine.Tests.Netlink;
using Cloudlet.Machine.Watch;
using Cloudlet.TestKit;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Machine.Tests.Watch;

/// <summary>Specs that count resources of the whole process, so no other tests may run at the same time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>
/// Properties of all sources, and those of <see cref="UnitWatch"/> that need no systemd; the rest of it is tested on a lab host.
/// </summary>
[Collection(nameof(Alone))]
public sealed class WakeSourceSpecs
{
    [Fact]
    public void Sources_leave_no_descriptors_and_no_threads_behind()
    {
        using var ns = new TestNamespace();
        Round(ns.Name);
        var before = Count();

        for (var i = 0; i < 50; i++)
            Round(ns.Name);

        Count().ShouldBe(before);
    }

    [Fact]
    public void A_source_can_be_disposed_twice_by_its_own_sink_and_while_its_watches_change()
    {
        using var dir = new TempDir();
        using var reported = new ManualResetEventSlim();
        FileWatch? watch = null;
        watch = new FileWatch(
            _ =>
            {
                watch!.Dispose();
                reported.Set();
            },
            TimeProvider.System
        );
        watch.Watch([dir.Path]);
        dir.Write("new", "");
        reported.Wait(TimeSpan.FromSeconds(10)).ShouldBeTrue();

        watch.Dispose();

        Should.Throw<ObjectDisposedException>(() => watch.Watch([dir.Path]));
    }

    [Fact]
    public void Idle_sources_do_not_wake_up()
    {
        using var ns = new TestNamespace();
        using var links = new LinkWatch(static _ => { }, TimeProvider.System, ns.Name);
        using var files = new FileWatch(static _ => { }, TimeProvider.System);
        using var processes = new ProcessWatch(static _ => { }, TimeProvider.System);
        files.Watch(["/proc/self/status", "/usr/lib/os-release"]); // not in the folder for temporary files, which other programs use
        processes.Watch(new Dictionary<string, int> { ["self.service"] = Environment.ProcessId });
        Thread.Sleep(300); // there is no way to see from outside that they are asleep
        var before = Wakeups();
        before.Count.ShouldBe(3);

        Thread.Sleep(1000); // the time in which they must not wake

        Wakeups().ShouldBe(before);
    }

    [Fact]
    public void Unit_names_survive_the_conversion_to_an_object_path() =>
        Prop.ForAll<NonNull<string>>(name =>
            {
                var unit = new string([.. name.Get.Where(c => !char.IsSurrogate(c))]);
                return UnitReader.NameOf(UnitReader.PathOf(unit)) == unit;
            })
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("ssh_2eservice", "ssh.service")]
    [InlineData("_39_2da_5fb_40_c3_bc_2emount", "9-a_b@ü.mount")]
    [InlineData("_", "")]
    [InlineData("", null)]
    [InlineData("a_", null)]
    [InlineData("a_2", null)]
    [InlineData("a_zz", null)]
    public void Object_paths_become_unit_names(string encoded, string? unit) =>
        UnitReader.NameOf($"/org/freedesktop/systemd1/unit/{encoded}").ShouldBe(unit);

    [Theory]
    [InlineData("/org/freedesktop/systemd1")]
    [InlineData("/org/freedesktop/systemd1/job/7")]
    [InlineData("")]
    public void Other_object_paths_are_not_units(string path) => UnitReader.NameOf(path).ShouldBeNull();

    [Fact]
    public void A_manager_that_does_not_answer_is_unreachable() =>
        Should
            .Throw<CloudletException>(() => new UnitWatch(static _ => { }, TimeProvider.System, "unix:path=/nonexistent"))
            .Kind.ShouldBe(ErrorKind.Unreachable);

    [Fact]
    public void A_host_without_systemd_is_reported()
    {
        Assert.SkipWhen(Directory.Exists("/run/systemd/system"), "this host runs systemd");

        Should.Throw<CloudletException>(() => new UnitWatch(static _ => { }, TimeProvider.System)).Kind.ShouldBe(ErrorKind.Unsupported);
    }

    private static void Round(string networkNamespace)
    {
        using var dir = new TempDir();
        using var links = new LinkWatch(static _ => { }, TimeProvider.System, networkNamespace);
        using var files = new FileWatch(static _ => { }, TimeProvider.System);
        using var processes = new ProcessWatch(static _ => { }, TimeProvider.System);
        files.Watch([dir["a"], dir["b/c"]]);
        processes.Watch(new Dictionary<string, int> { ["self.service"] = Environment.ProcessId });
        Should.Throw<CloudletException>(() => new UnitWatch(static _ => { }, TimeProvider.System, "unix:path=/nonexistent"));
    }

    private static (int Descriptors, int Threads) Count() => (Directory.GetFileSystemEntries("/proc/self/fd").Length, Wakeups().Count);

    /// <summary>Thread of a source → how often it went to sleep.</summary>
    private static Dictionary<string, string> Wakeups() =>
        Directory
            .GetDirectories("/proc/self/task")
            .Where(task => File.ReadAllText($"{task}/comm").StartsWith("watch-", StringComparison.Ordinal))
            .ToDictionary(
                task => task,
                task => File.ReadLines($"{task}/status").First(line => line.StartsWith("voluntary_ctxt", StringComparison.Ordinal))
            );
}
