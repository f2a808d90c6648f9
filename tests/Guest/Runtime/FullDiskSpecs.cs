using Cloudlet.Guest.Tests.Guests;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>Commands of the runtime on a file system with no space, hardly any, and almost enough.</summary>
[Collection(nameof(CountingGuests))]
public sealed class FullDiskSpecs(CountingBase counting)
{
    [Fact]
    public async Task A_full_disk_stops_import_export_and_resume_and_leaves_nothing_behind()
    {
        await counting.GetAsync();
        using var outside = new TempDir();
        (await counting.Store.RunAsync("base", "export", "counter", outside["counter.base"])).ShouldExitWith(0);
        using var disk = new TmpfsMount("size=2g");
        await using var store = new RuntimeStoreFolder(disk["store"]);

        await SqueezeAsync(disk, store, "base", "import", outside["counter.base"], "--name", "counter");
        await SqueezeAsync(disk, store, "base", "export", "counter", disk["again.base"]);
        await SqueezeAsync(disk, store, "vm", "resume", "counter", "--name", "one", "--forward", "0:7000");
        (await store.RunAsync("vm", "stop", "one", "--force", "--remove")).ShouldExitWith(0); // it would not survive a full tmpfs
        (await store.RunAsync("store", "verify")).ShouldExitWith(0);
    }

    [Fact]
    public async Task A_full_disk_stops_overlay_and_synthesis_and_leaves_nothing_behind()
    {
        await counting.GetAsync();
        var origin = await counting.Store.ResumeAsync("squeezed");
        var boot = (await RuntimeStoreFolder.CountAsync(origin)).Boot;
        using var disk = new TmpfsMount("size=2g");
        await SqueezeAsync(disk, counting.Store, "overlay", "create", "squeezed", disk["one.overlay"]);
        (await counting.Store.RunAsync("vm", "stop", "squeezed", "--force", "--remove")).ShouldExitWith(0);

        await using var store = new RuntimeStoreFolder(disk["store"]);
        await TakeBaseAsync(store);
        await SqueezeAsync(disk, store, "synthesize", disk["one.overlay"], "--name", "two", "--forward", "0:7000");
        (await store.RunAsync("vm", "stop", "two", "--force", "--remove")).ShouldExitWith(0); // as above
        var two = await store.AskAsync("synthesize", disk["one.overlay"], "--name", "two", "--forward", "0:7000");
        (await RuntimeStoreFolder.CountAsync(two)).Boot.ShouldBe(boot);
        (await store.RunAsync("store", "verify")).ShouldExitWith(0);
    }

    [Fact]
    public async Task A_guest_without_room_for_its_memory_is_reported()
    {
        await counting.GetAsync();
        using var disk = new TmpfsMount("size=2g");
        await using var store = new RuntimeStoreFolder(disk["store"]);
        (await store.RunAsync("base", "import", await CountingBase.ImageAsync(), "--name", "disk")).ShouldExitWith(0);
        var before = Names(disk);
        var needed = new DriveInfo(disk.Path).TotalSize - Room(disk.Path); // the disk is copied; in addition, the memory needs some ten MiB
        using var filler = Fill(disk.Path, needed + (24 << 20));

        var run = await store.RunAsync("base", "create", "disk", "--memory", "256M", "--until", "serial:cloudlet guest is ready");

        run.ShouldExitWith(1).Error.ShouldContain("no room is left");
        Names(disk).ShouldBe(before);
        store.Processes().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_guest_whose_disk_cannot_be_written_is_paused_and_resumes_when_told_to()
    {
        await counting.GetAsync();
        using var outside = new TempDir();
        // in a full tmpfs a guest dies: even reading a hole of its memory file needs a page
        await using var disk = await LoopDisk.MountAsync(outside, 1500);
        await using var store = new RuntimeStoreFolder(Path.Combine(disk.Path, "store"));
        await TakeBaseAsync(store);
        await store.ResumeAsync("one");
        await using var console = await GuestConsole.OpenAsync(store, "one");

        Task<string> written;
        using (Fill(disk.Path, 1 << 20))
        {
            written = console.RunAsync("head -c 5000000 /dev/urandom >/root/large; sync; wc -c </root/large");
            await store.StateAsync("one", "stalled");
        }

        (await store.RunAsync("vm", "list")).ShouldExitWith(0).Output.ShouldContain("cloudlet vm continue one");
        (await store.RunAsync("vm", "continue", "one")).ShouldExitWith(0);
        (await written).ShouldBe("5000000");
        await store.StateAsync("one", "running");
    }

    /// <summary>Copies the counting base into another store.</summary>
    private async Task TakeBaseAsync(RuntimeStoreFolder store)
    {
        using var outside = new TempDir();
        (await counting.Store.RunAsync("base", "export", "counter", outside["counter.base"])).ShouldExitWith(0);
        (await store.RunAsync("base", "import", outside["counter.base"], "--name", "counter")).ShouldExitWith(0);
    }

    /// <summary>Runs a command with more and more space until it succeeds. Every failed run must say so and leave nothing.</summary>
    private static async Task SqueezeAsync(TmpfsMount disk, RuntimeStoreFolder store, params IReadOnlyList<string> arguments)
    {
        var (names, processes) = (Names(disk), store.Processes());
        for (var (room, refused) = (0L, 0); ; room = Math.Max(16 << 10, 4 * room))
        {
            ProgramRun run;
            using (Fill(disk.Path, room))
                run = await store.RunAsync(arguments);
            if (run.ExitCode == 0)
            {
                refused.ShouldBePositive($"{string.Join(' ', arguments)} needed no room");
                GuestLog.Say($"{string.Join(' ', arguments.Take(2))}: enough with {room >> 10} KiB, refused {refused} times before");
                return;
            }

            refused++;
            run.ShouldExitWith(1).Error.ShouldMatch("no room is left|No space left on device", $"with {room} bytes");
            Names(disk).ShouldBe(names, $"with {room} bytes");
            store.Processes().ShouldBe(processes, ignoreOrder: true);
        }
    }

    /// <summary>Fills the file system except for some bytes, until disposed.</summary>
    private static FileStream Fill(string folder, long room) =>
        new(
            Path.Combine(folder, "filler"),
            new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                PreallocationSize = Math.Max(0, Room(folder) - room),
                Options = FileOptions.DeleteOnClose,
            }
        );

    private static long Room(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>
    /// Every file and socket, except those that any command creates and that stay: the record of what QEMU can do here, the lock of a VM,
    /// and the empty lock of a name.
    /// </summary>
    private static string[] Names(TmpfsMount disk) =>
        [.. Directory.EnumerateFiles(disk.Path, "*", SearchOption.AllDirectories).Where(p => !Stays(p)).Order(StringComparer.Ordinal)];

    private static bool Stays(string path) =>
        Path.GetFileName(path) is "filler" or "host.json" or "kvm.json" or "lock"
        || (Path.GetFileName(Path.GetDirectoryName(path)) == "names" && new FileInfo(path).Length == 0);
}
