using System.Diagnostics;
using System.Text.Json;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>A cloudlet used from elsewhere: verbs of a laptop, a service, real guests under QEMU (docs/guides/service.md).</summary>
[Collection(nameof(CountingGuests))]
public class ServiceSpecs(CountingBase counting)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_user_uploads_a_base_runs_it_and_synthesizes_it_again_and_a_killed_service_loses_nothing()
    {
        await counting.GetAsync();
        await counting.Store.AskAsync("base", "export", "counter", counting.Store["service.base"]);
        await using var service = new ServiceProcess();
        await service.StartAsync();
        var (alice, bob) = (await service.UserAsync("alice"), await service.UserAsync("bob"));

        var imported = await alice.AskAsync("base", "import", counting.Store["service.base"], "--name", "counter");
        var one = await alice.AskAsync("vm", "resume", "counter", "--name", "one", "--forward", "0:7000");
        var before = await RuntimeStoreFolder.CountAsync(one);
        var overlay = await alice.AskAsync("overlay", "create", "one", "--name", "app");
        await service.KillAsync();
        (await RuntimeStoreFolder.CountAsync(one)).Number.ShouldBeGreaterThan(before.Number);
        await service.StartAsync();
        var two = await alice.AskAsync("synthesize", "app", "--name", "two", "--forward", "0:7000");

        (await RuntimeStoreFolder.CountAsync(two)).Boot.ShouldBe(before.Boot);
        imported.GetProperty("id").GetString().ShouldBe(overlay.GetProperty("base").GetString());
        await ConsoleAnswersAsync(alice, "two");
        await OthersSeeNothingAsync(service, bob, one.GetProperty("id").GetString()!);
        (await alice.RunAsync("base", "remove", "counter")).ShouldExitWith(1).Error.ShouldContain("on it; remove with");
        foreach (var vm in new[] { "one", "two" })
            (await alice.RunAsync("vm", "stop", vm, "--force", "--remove")).ShouldExitWith(0);
        (await alice.RunAsync("overlay", "remove", "app")).ShouldExitWith(0);
        (await alice.RunAsync("base", "remove", "counter")).ShouldExitWith(0);
        Directory.EnumerateFileSystemEntries(Path.Combine(service.State, "runtime", "bases")).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(service.State, "uploads")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_service_killed_in_an_operation_leaves_it_whole_or_undone_and_says_so()
    {
        await counting.GetAsync();
        await counting.Store.AskAsync("base", "export", "counter", counting.Store["killed.base"]);
        await using var service = new ServiceProcess();
        await service.StartAsync();
        var alice = await service.UserAsync("alice");
        await alice.AskAsync("base", "import", counting.Store["killed.base"], "--name", "counter");
        await alice.AskAsync("vm", "resume", "counter", "--name", "origin", "--forward", "0:7000");
        await alice.AskAsync("overlay", "create", "origin", "--name", "cut");

        foreach (
            var (arguments, pause) in new (string[], int)[]
            {
                (["vm", "resume", "counter"], 60),
                (["synthesize", "cut"], 80),
                (["overlay", "create", "origin"], 100),
                (["base", "export", "counter", service["again.base"]], 600),
                (["base", "verify", "counter"], 200),
            }
        )
        {
            using var client = alice.Start(arguments);
            await Task.Delay(pause);
            await service.KillAsync();
            client.Kill();
            await client.WaitForExitAsync();
            await service.StartAsync();
            await EverythingIsWholeAsync(service, string.Join(' ', arguments));
        }

        (await alice.RunAsync("synthesize", "cut", "--name", "after")).ShouldExitWith(0);
    }

    private static async Task EverythingIsWholeAsync(ServiceProcess service, string after)
    {
        var vms = (await CloudletProgram.RunAsync("vm", "list", "--json", "--service", service.Socket)).ShouldExitWith(0).Events;
        vms.ShouldAllBe(v => v.GetProperty("state").GetString() == "running", after);
        vms.ShouldContain(v => v.GetProperty("name").GetString() == "origin");
        (await CloudletProgram.RunAsync("store", "verify", "--service", service.Socket)).ShouldExitWith(0);
        var staging = Path.Combine(service.State, "runtime", "staging");
        Directory.EnumerateFileSystemEntries(staging).ShouldBeEmpty(after);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(service.State, "operations")))
            JsonDocument
                .Parse(await File.ReadAllTextAsync(file))
                .RootElement.GetProperty("state")
                .GetString()
                .ShouldNotBe("running", after);
    }

    private static async Task OthersSeeNothingAsync(ServiceProcess service, ServiceUser bob, string id)
    {
        foreach (var list in new[] { "vm", "base", "overlay" })
            (await bob.RunAsync(list, "list", "--json")).ShouldExitWith(0).Events.ShouldBeEmpty();
        foreach (
            var arguments in new[]
            {
                ["vm", "show", id],
                ["vm", "stop", id, "--force"],
                ["vm", "pause", id],
                (string[])["vm", "show", "one"],
            }
        )
            (await bob.RunAsync(arguments)).ShouldExitWith(1).Error.ShouldContain("has no VM");
        (await bob.RunAsync("synthesize", "app")).ShouldExitWith(1).Error.ShouldContain("no overlay 'app'");
        (await CloudletProgram.RunAsync("vm", "list", "--json", "--service", service.Socket)).Events.Count.ShouldBe(2);
    }

    private static async Task ConsoleAnswersAsync(ServiceUser user, string vm)
    {
        using var console = user.Start("vm", "console", vm);
        var said = "";
        var reading = Task.Run(async () =>
        {
            var buffer = new char[1000];
            while (await console.StandardOutput.ReadAsync(buffer) is > 0 and var read)
                said += new string(buffer, 0, read);
        });
        for (var watch = Stopwatch.StartNew(); !said.Contains("login:", StringComparison.Ordinal); await Task.Delay(200))
        {
            watch.Elapsed.ShouldBeLessThan(Patience, said);
            await console.StandardInput.WriteAsync("\n");
            await console.StandardInput.FlushAsync();
        }

        console.Kill();
        await console.WaitForExitAsync();
        await reading;
    }
}
