using System.Diagnostics;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>
/// Commands of the runtime that are killed in the middle, and two that run at the same time. The result is a whole VM or none.
/// </summary>
[Collection(nameof(CountingGuests))]
public class KilledSpecs(CountingBase counting)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_killed_command_leaves_a_whole_vm_or_none()
    {
        var store = counting.Store;
        await counting.GetAsync();
        var origin = await store.ResumeAsync("origin");
        var boot = (await RuntimeStoreFolder.CountAsync(origin)).Boot;
        await store.AskAsync("overlay", "create", "origin", store["killed.overlay"]);

        for (var part = 1; part <= 6; part++)
        {
            await KilledAsync(store, part, "synthesize", store["killed.overlay"], "--name", "made", "--forward", "0:7000");
            await KilledAsync(store, part, "vm", "resume", "counter", "--name", "resumed", "--forward", "0:7000");
            await KilledAsync(store, part, "overlay", "create", "origin", store["another.overlay"]);
            await EverythingIsWholeAsync(store, boot);
        }

        // The remains of killed commands block nothing.
        var made = await store.AskAsync("synthesize", store["killed.overlay"], "--name", "made", "--forward", "0:7000");
        (await RuntimeStoreFolder.CountAsync(made)).Boot.ShouldBe(boot);
        (await store.RunAsync("vm", "stop", "made", "--force", "--remove")).ShouldExitWith(0);
        (await store.RunAsync("vm", "stop", "origin", "--force", "--remove")).ShouldExitWith(0);
    }

    [Fact]
    public async Task Two_syntheses_of_one_overlay_at_once_give_two_vms()
    {
        var store = counting.Store;
        await counting.GetAsync();
        await store.ResumeAsync("twins");
        await store.AskAsync("overlay", "create", "twins", store["twins.overlay"]);

        var both = await Task.WhenAll(
            Enumerable.Range(0, 2).Select(_ => store.AskAsync("synthesize", store["twins.overlay"], "--forward", "0:7000"))
        );

        var counts = await Task.WhenAll(both.Select(RuntimeStoreFolder.CountAsync));
        counts[0].Boot.ShouldBe(counts[1].Boot);
        both.Select(v => v.GetProperty("id").GetString()).Distinct().Count().ShouldBe(2);
        foreach (var vm in both.Select(v => v.GetProperty("id").GetString()!).Append("twins"))
            (await store.RunAsync("vm", "stop", vm, "--force", "--remove")).ShouldExitWith(0);
    }

    [Fact]
    public async Task An_overlay_of_a_vm_whose_qemu_is_killed_is_whole_or_absent()
    {
        var store = counting.Store;
        await counting.GetAsync();
        for (var part = 1; part <= 3; part++)
        {
            var vm = await store.ResumeAsync("dies");
            var cut = store.RunAsync("overlay", "create", "dies", store["dies.overlay"]);
            await Task.Delay(TimeSpan.FromMilliseconds(200 * part));
            using (var qemu = Process.GetProcessById(vm.GetProperty("pid").GetInt32()))
                qemu.Kill();
            if ((await cut).ExitCode == 0)
                (await CloudletProgram.RunAsync("overlay", "verify", store["dies.overlay"])).ShouldExitWith(0);
            else
                File.Exists(store["dies.overlay"]).ShouldBeFalse((await cut).Error);
            (await store.RunAsync("vm", "stop", "dies", "--force", "--remove")).ShouldExitWith(0);
            File.Delete(store["dies.overlay"]);
        }
    }

    /// <summary>Kills the command after some sevenths of its expected time.</summary>
    private static async Task KilledAsync(RuntimeStoreFolder store, int part, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(CloudletProgram.Path, [.. arguments, "--store", store.Path])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await Task.Delay(TimeSpan.FromMilliseconds(150 * part));
        process.Kill(); // only the command: what it started must notice by itself
        await process.WaitForExitAsync().WaitAsync(Patience);
        await said.WaitAsync(Patience);
    }

    private static async Task EverythingIsWholeAsync(RuntimeStoreFolder store, string boot)
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            var known = (await store.VmsAsync()).Select(v => v.GetProperty("pid").GetInt32()).ToHashSet();
            if (store.Processes().All(known.Contains))
                break;
            watch.Elapsed.ShouldBeLessThan(Patience, "a QEMU without a VM still runs");
        }

        foreach (var vm in await store.VmsAsync())
        {
            // Dead: the command was killed after it wrote the record and before it let QEMU run.
            if (vm.GetProperty("state").GetString() == "running")
                (await RuntimeStoreFolder.CountAsync(vm)).Boot.ShouldBe(boot);
            else
                vm.GetProperty("name").GetString().ShouldNotBe("origin");
            if (vm.GetProperty("name").GetString() != "origin")
                (await store.RunAsync("vm", "stop", vm.GetProperty("id").GetString()!, "--force", "--remove")).ShouldExitWith(0);
        }

        // A command that was killed just before it renamed its folder has released the lock: for a moment the folder counts as being
        // created.
        foreach (var left in Directory.EnumerateDirectories(Path.Combine(store.Path, "staging")))
            Directory.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddHours(-1));
        (await store.RunAsync("store", "gc")).ShouldExitWith(0);
        Directory.EnumerateFileSystemEntries(Path.Combine(store.Path, "staging")).ShouldBeEmpty();
        if (File.Exists(store["another.overlay"]))
            (await CloudletProgram.RunAsync("overlay", "verify", store["another.overlay"])).ShouldExitWith(0);
        File.Delete(store["another.overlay"]);
    }
}
