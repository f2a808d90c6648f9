using Cloudlet.Guest.Tests.Guests;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>The whole life of an overlay, with real guests under QEMU, as described in docs/guides/vms.md.</summary>
[Collection(nameof(CountingGuests))]
public class SynthesisSpecs(CountingBase counting)
{
    [Fact]
    public async Task A_guest_continues_to_count_in_another_store()
    {
        var (here, made) = (counting.Store, await counting.GetAsync());
        await using var there = new RuntimeStoreFolder();
        var one = await here.ResumeAsync("moved");
        var before = await RuntimeStoreFolder.CountAsync(one);
        var digest = await ChangeAsync(here, "moved");

        var overlay = await here.AskAsync("overlay", "create", "moved", here["one.overlay"]);
        await here.AskAsync("base", "export", "counter", here["counter.base"]);
        await SaysItsQemuAsync(here, made.GetProperty("manifest").GetProperty("definition").GetProperty("qemuVersion").GetString()!);
        var imported = await there.AskAsync("base", "import", here["counter.base"]);
        await using var server = new FileServer(here["one.overlay"]);
        var two = await there.AskAsync("synthesize", server.Url, "--name", "two", "--forward", "0:7000");
        var after = await RuntimeStoreFolder.CountAsync(two);

        imported.GetProperty("id").GetString().ShouldBe(made.GetProperty("id").GetString());
        overlay.GetProperty("base").GetString().ShouldBe(made.GetProperty("id").GetString());
        after.Boot.ShouldBe(before.Boot);
        after.Number.ShouldBeGreaterThan(before.Number);
        (await RuntimeStoreFolder.CountAsync(one)).Boot.ShouldBe(before.Boot); // the first one continues, too
        await using (var console = await GuestConsole.OpenAsync(there, "two"))
            (
                await console.RunAsync(
                    "echo 3 >/proc/sys/vm/drop_caches; sha256sum /root/changed | cut -c1-64; cat /root/deleted 2>/dev/null | wc -c"
                )
            )
                .ReplaceLineEndings(" ")
                .ShouldBe($"{digest} 0");
        await NothingStartsFromDamageAsync(here, there);
        (await there.RunAsync("store", "verify")).ShouldExitWith(0);
        (await here.RunAsync("store", "verify")).ShouldExitWith(0);
        (await here.RunAsync("vm", "stop", "moved", "--force", "--remove")).ShouldExitWith(0);
    }

    [Fact]
    public async Task Trimmed_space_of_a_guest_is_not_carried()
    {
        const int Deleted = 20_000_000;
        var store = counting.Store;
        await counting.GetAsync();
        var vm = await store.ResumeAsync("trimmed");
        await using (var console = await GuestConsole.OpenAsync(store, "trimmed"))
            await console.RunAsync($"head -c {Deleted} /dev/urandom >/root/deleted; sync; rm /root/deleted; sync");

        var plain = await store.AskAsync("overlay", "create", "trimmed", store["plain.overlay"]);
        var trimmed = await store.AskAsync("overlay", "create", "trimmed", store["trimmed.overlay"], "--trim");
        var made = await store.AskAsync("synthesize", store["trimmed.overlay"], "--name", "again", "--forward", "0:7000");

        GuestLog.Say($"{plain.GetProperty("bytes").GetInt64()} bytes, trimmed {trimmed.GetProperty("bytes").GetInt64()}");
        trimmed.GetProperty("bytes").GetInt64().ShouldBeLessThan(plain.GetProperty("bytes").GetInt64() - (Deleted / 2));
        (await RuntimeStoreFolder.CountAsync(made)).Boot.ShouldBe((await RuntimeStoreFolder.CountAsync(vm)).Boot);
        foreach (var name in new[] { "trimmed", "again" })
            (await store.RunAsync("vm", "stop", name, "--force", "--remove")).ShouldExitWith(0);
    }

    /// <summary>Writes and deletes files in the guest; returns the digest of one.</summary>
    private static async Task<string> ChangeAsync(RuntimeStoreFolder store, string vm)
    {
        await using var console = await GuestConsole.OpenAsync(store, vm);
        var digest = await console.RunAsync(
            "head -c 5000000 /dev/urandom >/root/deleted; sync; rm /root/deleted; head -c 3000000 /dev/urandom >/root/changed; "
                + "sync; sha256sum /root/changed | cut -c1-64"
        );
        digest.Length.ShouldBe(64, digest);
        return digest;
    }

    private static async Task SaysItsQemuAsync(RuntimeStoreFolder here, string version)
    {
        foreach (var file in new[] { here["one.overlay"], here["counter.base"] })
        {
            (await CloudletProgram.RunAsync("overlay", "show", file)).ShouldExitWith(0).Output.ShouldContain($"of QEMU {version}");
            var json = (await CloudletProgram.RunAsync("overlay", "show", file, "--json")).ShouldExitWith(0);
            json.Output.ShouldContain($"\"qemuVersion\":\"{version}\"");
        }
    }

    private static async Task NothingStartsFromDamageAsync(RuntimeStoreFolder here, RuntimeStoreFolder there)
    {
        var bytes = await File.ReadAllBytesAsync(here["one.overlay"]);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(here["damaged.overlay"], bytes);
        await File.WriteAllBytesAsync(here["short.overlay"], bytes[..(bytes.Length - 1)]);
        foreach (var (file, why) in new[] { ("damaged.overlay", "damaged"), ("short.overlay", "") })
            (await there.RunAsync("synthesize", here[file])).ShouldExitWith(3).Error.ShouldContain(why);
        (await there.VmsAsync()).Select(v => v.GetProperty("name").GetString()).ShouldBe(["two"]);
        Directory.EnumerateFileSystemEntries(Path.Combine(there.Path, "staging")).ShouldBeEmpty();
        there.Processes().ShouldBe([(await there.VmsAsync())[0].GetProperty("pid").GetInt32()]);
    }
}
