using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Vms;

/// <summary>Real machines with an empty disk: their firmware is guest enough, and boots in a second. One base for all tests of this class.</summary>
public sealed class VmLifeSpecs(VmLifeSpecs.Firmware machine) : IClassFixture<VmLifeSpecs.Firmware>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_vm_leaves_the_base_as_it_is_and_freezes_between_two_instructions()
    {
        var origin = await machine.BaseAsync();
        var before = (ContentDigest.Of(origin.MemoryPath, null, CancellationToken.None), MemorySeal.Holds(origin));
        before.ShouldBe((origin.Manifest.Memory!.Digest, true));
        var vm = await StartAsync(new VmStart { Base = origin, Name = "frozen", Fill = (memory, _) => { memory.Write(32 << 20, Marked()); return Task.CompletedTask; } });
        var devices = machine.Path("devices");
        await using (var frozen = await new VmFreezer(machine.Store).FreezeAsync(vm, devices, Samples.Silent, CancellationToken.None))
        {
            var runs = frozen.Memory.PrivateRuns();
            runs.ShouldContain(r => r.Start <= (32 << 20) / PageSize.Bytes && r.End > (32 << 20) / PageSize.Bytes);
            runs.Sum(r => r.Count).ShouldBeLessThan(frozen.Memory.Length / PageSize.Bytes / 2);
            var page = new byte[PageSize.Bytes];
            frozen.Memory.Read(32 << 20, page);
            page.ShouldBe(Marked());
            new FileInfo(devices).Length.ShouldBeGreaterThan(1000);
            (await Should.ThrowAsync<CloudletException>(StopAsync("frozen", force: true))).Kind.ShouldBe(ErrorKind.Busy, "one command at a time");
        }

        await using (var control = await vm.ControlAsync(CancellationToken.None))
            (await control.ExecuteAsync("query-status", CancellationToken.None)).GetProperty("status").GetString().ShouldBe("running");

        // One that somebody paused stays paused, and can be frozen again and again.
        await using (var control = await vm.ControlAsync(CancellationToken.None))
            await control.ExecuteAsync("stop", CancellationToken.None);
        for (var i = 0; i < 2; i++)
            await (await new VmFreezer(machine.Store).FreezeAsync(vm, devices, Samples.Silent, CancellationToken.None)).DisposeAsync();
        await using (var control = await vm.ControlAsync(CancellationToken.None))
            (await control.ExecuteAsync("query-status", CancellationToken.None)).GetProperty("status").GetString().ShouldBe("paused");

        // What was frozen goes on elsewhere, with the memory that it had.
        var other = await StartAsync(new VmStart { Base = origin, DevicesPath = _ => Task.FromResult(devices) });
        await StopAsync(other.Id, force: true);
        await StopAsync("frozen", force: true);
        (ContentDigest.Of(origin.MemoryPath, null, CancellationToken.None), MemorySeal.Holds(origin)).ShouldBe(before);
        Directory.Exists(vm.Folder).ShouldBeFalse();
        Directory.GetFileSystemEntries(machine.Store.StagingFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_vm_whose_process_is_killed_is_dead_and_can_be_taken_away()
    {
        var vm = await StartAsync(new VmStart { Base = await machine.BaseAsync(), Name = "killed", Forwards = [new PortForward(0, 22)] });
        vm.Record.Forwards.ShouldHaveSingleItem().HostPort.ShouldBeGreaterThan(0);
        File.ReadAllText($"/proc/{vm.Record.Process.Pid}/status").ShouldContain($"Uid:\t{VmUser.DefaultId}\t{VmUser.DefaultId}");
        (await Should.ThrowAsync<CloudletException>(StartAsync(new VmStart { Base = await machine.BaseAsync(), Name = "killed" }))).Kind.ShouldBe(ErrorKind.AlreadyExists);
        vm.Record.Process.Kill();
        (await vm.Record.Process.EndsWithinAsync(s_limit, CancellationToken.None)).ShouldBeTrue();
        new VmCatalog(machine.Store).Get("killed").IsAlive.ShouldBeFalse();
        (await Should.ThrowAsync<CloudletException>(vm.OpenConsoleAsync(CancellationToken.None))).Kind.ShouldBe(ErrorKind.NotFound);
        await StopAsync("killed", force: false);
        new VmCatalog(machine.Store).List().ShouldNotContain(v => v.Id == vm.Id);
    }

    [Fact]
    public async Task A_state_that_does_not_fit_starts_nothing()
    {
        var origin = await machine.BaseAsync();
        var cut = machine.Path("cut");
        await File.WriteAllBytesAsync(cut, (await File.ReadAllBytesAsync(origin.DevicesPath))[..5000]);
        var pid = 0;
        var start = new VmStart { Base = origin, DevicesPath = _ => Task.FromResult(cut), MakeDisk = null, Fill = (memory, _) => { pid = (int)memory.Length; return Task.CompletedTask; } };
        (await Should.ThrowAsync<CloudletException>(StartAsync(start))).Message.ShouldContain("did not take the device state");
        pid.ShouldBe(64 << 20, "memory is filled before");
        (await Should.ThrowAsync<InvalidOperationException>(StartAsync(new VmStart { Base = origin, Fill = (_, _) => throw new InvalidOperationException() }))).ShouldNotBeNull();
        new VmCatalog(machine.Store).List().ShouldBeEmpty();
        Directory.GetFileSystemEntries(machine.Store.StagingFolder).ShouldBeEmpty();
        machine.Processes().ShouldBe(0, "no QEMU is left");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_before_anything_starts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var error = await Should.ThrowAsync<CloudletException>(StartAsync(new VmStart { Base = await machine.BaseAsync(), Forwards = [new PortForward(port, 22)] }));
        (error.Kind, error.Message.Contains($"{port}", StringComparison.Ordinal)).ShouldBe((ErrorKind.Busy, true));
    }

    [Fact]
    public async Task A_guest_that_is_not_ready_in_time_leaves_nothing()
    {
        await machine.BaseAsync();
        var creation = machine.Creation with { Name = "never", Until = Readiness.Parse("serial:never said"), Limit = TimeSpan.FromSeconds(2) };
        var error = await Should.ThrowAsync<CloudletException>(new BaseCreator(machine.Store).CreateAsync(creation, Samples.Silent, CancellationToken.None));
        error.Kind.ShouldBe(ErrorKind.Timeout);
        Directory.GetFileSystemEntries(machine.Store.StagingFolder).ShouldBeEmpty();
    }

    private static byte[] Marked() => [.. Enumerable.Repeat((byte)0xa5, PageSize.Bytes)];

    private Task<RunningVm> StartAsync(VmStart start) => new VmStarter(machine.Store).StartAsync(start, Samples.Silent, CancellationToken.None);

    private Task<RunningVm> StopAsync(string vm, bool force) => new VmStopper(machine.Store).StopAsync(vm, force, remove: true, s_limit, Samples.Silent, CancellationToken.None);

    /// <summary>The base, made when the first test asks for it.</summary>
    public sealed class Firmware : IAsyncDisposable
    {
        private readonly TempDir _folder = new();
        private BaseVm? _base;

        public Firmware() => Store = new RuntimeStore(_folder["store"]);

        internal RuntimeStore Store { get; }

        internal BaseCreation Creation => new() { Source = Path("disk"), MemoryBytes = 64 << 20, Accelerator = "tcg", Cpu = "Westmere", Until = Readiness.Parse("time:2") };

        public string Path(string name) => _folder[name];

        internal async Task<BaseVm> BaseAsync()
        {
            Samples.RequireQemuImg();
            Samples.Require(RuntimeProgram.Qemu);
            if (_base is not null)
                return _base;
            SparseFile.Create(Path("disk"), 4 << 20).Dispose();
            return _base = await new BaseCreator(Store).CreateAsync(Creation, Samples.Silent, CancellationToken.None);
        }

        /// <summary>How many QEMUs work in this store.</summary>
        internal int Processes() => Directory.EnumerateDirectories("/proc").Count(f =>
        {
            try
            {
                return File.ReadAllText($"{f}/maps").Contains(Store.Folder, StringComparison.Ordinal);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        });

        public async ValueTask DisposeAsync()
        {
            foreach (var vm in new VmCatalog(Store).List())
                await new VmStopper(Store).StopAsync(vm.Id, force: true, remove: true, s_limit, Samples.Silent, CancellationToken.None);
            _folder.Dispose();
        }
    }
}
