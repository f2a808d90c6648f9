using System.Diagnostics;
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

/// <summary>
/// Real machines with an empty disk: their firmware is enough as a guest, and boots in a second. One base for all tests of this class.
/// </summary>
public sealed class VmLifeSpecs(VmLifeSpecs.Firmware machine) : IClassFixture<VmLifeSpecs.Firmware>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_vm_leaves_the_base_unchanged_and_freezes_between_two_instructions()
    {
        var origin = await machine.BaseAsync();
        var before = (ContentDigest.Of(origin.MemoryPath, null, CancellationToken.None), BaseSeal.Holds(origin));
        before.ShouldBe((origin.Manifest.Memory!.Digest, true));
        var vm = await StartAsync(
            new VmStartOptions
            {
                Base = origin,
                Name = "frozen",
                Fill = (memory, _) =>
                {
                    memory.Write(32 << 20, Marked());
                    return Task.CompletedTask;
                },
            }
        );
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
            frozen.QemuVersion.ShouldBe(origin.Manifest.Definition!.QemuVersion);
            (await Should.ThrowAsync<CloudletException>(StopAsync("frozen", force: true))).Kind.ShouldBe(
                ErrorKind.Busy,
                "one command at a time"
            );
        }

        await using (var control = await vm.ControlAsync(CancellationToken.None))
            (await control.ExecuteAsync("query-status", CancellationToken.None)).GetProperty("status").GetString().ShouldBe("running");

        // A paused VM stays paused, and can be frozen again and again.
        await using (var control = await vm.ControlAsync(CancellationToken.None))
            await control.ExecuteAsync("stop", CancellationToken.None);
        for (var i = 0; i < 2; i++)
            await (await new VmFreezer(machine.Store).FreezeAsync(vm, devices, Samples.Silent, CancellationToken.None)).DisposeAsync();
        await using (var control = await vm.ControlAsync(CancellationToken.None))
            (await control.ExecuteAsync("query-status", CancellationToken.None)).GetProperty("status").GetString().ShouldBe("paused");

        // The frozen VM continues elsewhere, with its memory.
        var other = await StartAsync(new VmStartOptions { Base = origin, DevicesPath = _ => Task.FromResult(devices) });
        await StopAsync(other.Id, force: true);
        await StopAsync("frozen", force: true);
        (ContentDigest.Of(origin.MemoryPath, null, CancellationToken.None), BaseSeal.Holds(origin)).ShouldBe(before);
        Directory.Exists(vm.Folder).ShouldBeFalse();
        Directory.GetFileSystemEntries(machine.Store.StagingFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_vm_whose_process_is_killed_is_dead_and_can_be_removed()
    {
        var vm = await StartAsync(
            new VmStartOptions
            {
                Base = await machine.BaseAsync(),
                Name = "killed",
                Forwards = [new PortForward(0, 22)],
            }
        );
        vm.Record.Forwards.ShouldHaveSingleItem().HostPort.ShouldBeGreaterThan(0);
        File.ReadAllText($"/proc/{vm.Record.Process.Pid}/status").ShouldContain($"Uid:\t{QemuUser.DefaultId}\t{QemuUser.DefaultId}");
        (
            await Should.ThrowAsync<CloudletException>(StartAsync(new VmStartOptions { Base = await machine.BaseAsync(), Name = "killed" }))
        ).Kind.ShouldBe(ErrorKind.AlreadyExists);
        vm.Record.Process.Kill();
        (await vm.Record.Process.EndsWithinAsync(Limit, CancellationToken.None)).ShouldBeTrue();
        new VmCatalog(machine.Store).Get("killed").IsAlive.ShouldBeFalse();
        (await Should.ThrowAsync<CloudletException>(vm.OpenConsoleAsync(CancellationToken.None))).Kind.ShouldBe(ErrorKind.NotFound);
        await StopAsync("killed", force: false);
        new VmCatalog(machine.Store).List().ShouldNotContain(v => v.Id == vm.Id);
    }

    [Fact]
    public async Task An_incompatible_device_state_starts_nothing()
    {
        var origin = await machine.BaseAsync();
        var cut = machine.Path("cut");
        await File.WriteAllBytesAsync(cut, (await File.ReadAllBytesAsync(origin.DevicesPath))[..5000]);
        var pid = 0;
        var start = new VmStartOptions
        {
            Base = origin,
            DevicesPath = _ => Task.FromResult(cut),
            MakeDisk = null,
            Fill = (memory, _) =>
            {
                pid = (int)memory.Length;
                return Task.CompletedTask;
            },
        };
        (await Should.ThrowAsync<CloudletException>(StartAsync(start))).Message.ShouldContain("did not accept the device state");
        pid.ShouldBe(64 << 20, "memory must be filled before");
        (
            await Should.ThrowAsync<InvalidOperationException>(
                StartAsync(new VmStartOptions { Base = origin, Fill = (_, _) => throw new InvalidOperationException() })
            )
        ).ShouldNotBeNull();
        new VmCatalog(machine.Store).List().ShouldBeEmpty();
        Directory.GetFileSystemEntries(machine.Store.StagingFolder).ShouldBeEmpty();
        for (var patience = Stopwatch.StartNew(); machine.Processes() > 0; await Task.Delay(20))
            patience.Elapsed.ShouldBeLessThan(Limit, "a QEMU is left running");
    }

    [Fact]
    public async Task The_device_state_of_a_newer_qemu_is_refused_before_anything_starts()
    {
        var asked = false;
        var start = new VmStartOptions
        {
            Base = await machine.BaseAsync(),
            QemuVersion = "99.0.1",
            MakeDisk = (_, _) =>
            {
                asked = true;
                return Task.CompletedTask;
            },
        };
        var error = await Should.ThrowAsync<CloudletException>(StartAsync(start));
        error.Kind.ShouldBe(ErrorKind.Unsupported);
        error.Message.ShouldContain("written by QEMU 99.0.1");
        asked.ShouldBeFalse();
    }

    [Fact]
    public async Task Of_vms_started_in_parallel_with_one_name_one_gets_it()
    {
        var origin = await machine.BaseAsync();
        var starts = Enumerable
            .Range(0, 3)
            .Select(_ => Task.Run(() => StartAsync(new VmStartOptions { Base = origin, Name = "same" })))
            .ToList();
        foreach (var start in starts)
            await Task.WhenAny(start);
        starts.Count(s => s.IsCompletedSuccessfully).ShouldBe(1);
        starts.Where(s => s.IsFaulted).ShouldAllBe(s => ((CloudletException)s.Exception!.InnerException!).Kind == ErrorKind.AlreadyExists);
        new VmCatalog(machine.Store).List().Count(v => v.Name == "same").ShouldBe(1);
        await StopAsync("same", force: true);
    }

    [Fact]
    public async Task A_port_in_use_is_named_before_anything_starts()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var error = await Should.ThrowAsync<CloudletException>(
            StartAsync(new VmStartOptions { Base = await machine.BaseAsync(), Forwards = [new PortForward(port, 22)] })
        );
        (error.Kind, error.Message.Contains($"{port}", StringComparison.Ordinal)).ShouldBe((ErrorKind.Busy, true));
    }

    [Fact]
    public async Task A_guest_that_is_not_ready_in_time_leaves_nothing_behind()
    {
        await machine.BaseAsync();
        var creation = machine.Creation with
        {
            Name = "never",
            Until = Readiness.Parse("serial:never said"),
            Limit = TimeSpan.FromSeconds(2),
        };
        var error = await Should.ThrowAsync<CloudletException>(
            new BaseCreator(machine.Store).CreateAsync(creation, Samples.Silent, CancellationToken.None)
        );
        error.Kind.ShouldBe(ErrorKind.Timeout);
        Directory.GetFileSystemEntries(machine.Store.StagingFolder).ShouldBeEmpty();
    }

    private static byte[] Marked() => [.. Enumerable.Repeat((byte)0xa5, PageSize.Bytes)];

    private Task<RunningVm> StartAsync(VmStartOptions start) =>
        new VmStarter(machine.Store).StartAsync(start, Samples.Silent, CancellationToken.None);

    private Task<RunningVm> StopAsync(string vm, bool force) =>
        new VmStopper(machine.Store).StopAsync(vm, force, remove: true, Limit, Samples.Silent, CancellationToken.None);

    /// <summary>The base, made by the first test that needs it.</summary>
    public sealed class Firmware : IAsyncDisposable
    {
        private readonly TempDir _folder = new();
        private BaseVm? _base;

        public Firmware() => Store = new RuntimeStore(_folder["store"]);

        internal RuntimeStore Store { get; }

        internal BaseCreation Creation =>
            new()
            {
                Source = Path("disk"),
                Format = "raw",
                MemoryBytes = 64 << 20,
                Accelerator = "tcg",
                Cpu = "Westmere",
                Until = Readiness.Parse("time:2"),
            };

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

        /// <summary>Number of QEMUs of this store.</summary>
        internal int Processes() =>
            Directory
                .EnumerateDirectories("/proc")
                .Count(f =>
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
                await new VmStopper(Store).StopAsync(vm.Id, force: true, remove: true, Limit, Samples.Silent, CancellationToken.None);
            _folder.Dispose();
        }
    }
}
