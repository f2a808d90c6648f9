using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Cloudlet.Guest.Tests.Guests;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Vms;

/// <summary>A guest of Debian from its image to the end of the VMs that go on where it was sealed, with the published program as a user has it.</summary>
public sealed class BaseVmSpecs : IAsyncDisposable
{
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(60);

    private readonly TempDir _folder = new();

    private string Store => _folder["store"];

    public async ValueTask DisposeAsync()
    {
        foreach (var vm in Directory.Exists(Store) ? (await RunAsync("vm", "list", "--json")).Events : [])
            await RunAsync("vm", "stop", vm.GetProperty("id").GetString()!, "--force", "--remove");
        _folder.Dispose();
    }

    [Fact]
    public async Task Resumed_vms_go_on_counting_where_the_base_was_sealed_and_leave_nothing()
    {
        LabTesting.RequirePrograms(GuestPrograms.Qemu, HelperPrograms.QemuImg, HelperPrograms.MakeFileSystem, HelperPrograms.Mmdebstrap);
        var image = _folder["an image"];
        (await CloudletProgram.RunAsync("lab", "image", image, "--store", LabTesting.ImageStore)).ShouldExitWith(0);
        (await RunAsync("base", "import", image, "--name", "disk")).ShouldExitWith(0);
        var watch = Stopwatch.StartNew();
        var made = (await RunAsync("base", "create", "disk", "--name", "counter", "--until", "serial:cloudlet guest is ready", "--timeout", "6m", "--json")).ShouldExitWith(0);
        GuestLog.Say($"base booted and sealed in {watch.Elapsed.TotalSeconds:0.0} s");
        made.Events.ShouldHaveSingleItem().GetProperty("sealed").GetBoolean().ShouldBeTrue();

        var one = await ResumeAsync("one");
        var first = await AskAsync(one);
        var two = await ResumeAsync("two");
        var second = await AskAsync(two);
        var again = await AskAsync(one);
        second.Boot.ShouldBe(first.Boot, "both are the boot that was sealed");
        again.Boot.ShouldBe(first.Boot);
        again.Count.ShouldBeGreaterThan(first.Count, "the count goes on");
        second.Count.ShouldBeLessThan(again.Count, "the second one began where the base was sealed, not where the first one is");

        (await RunAsync("vm", "list", "--json")).Events.Select(e => e.GetProperty("state").GetString()).ShouldBe(["running", "running"]);
        (await RunAsync("base", "remove", "counter")).ShouldExitWith(1).Error.ShouldContain("one, two");
        (await RunAsync("vm", "stop", "one", "--remove")).ShouldExitWith(0);
        (await RunAsync("vm", "stop", "two", "--force", "--remove")).ShouldExitWith(0);
        (await RunAsync("base", "remove", "counter", "disk")).ShouldExitWith(0);
        foreach (var folder in new[] { "bases", "vms", "staging" })
            Directory.GetFileSystemEntries(Path.Combine(Store, folder)).ShouldBeEmpty();
        foreach (var vm in new[] { one, two })
            Directory.Exists($"/proc/{vm.GetProperty("pid").GetInt32()}").ShouldBeFalse();
    }

    private async Task<JsonElement> ResumeAsync(string name)
    {
        var vm = (await RunAsync("vm", "resume", "counter", "--name", name, "--forward", "0:7000", "--json")).ShouldExitWith(0).Events.ShouldHaveSingleItem();
        GuestLog.Say($"VM {name} resumed in {vm.GetProperty("resumeMs").GetDouble():0} ms; {vm.GetProperty("clock").GetString()}");
        vm.GetProperty("clock").GetString().ShouldBe("the guest's clock was set to this machine's");
        return vm;
    }

    /// <summary>Boot id and count, as the guest tells them over its forwarded port.</summary>
    private static async Task<(string Boot, long Count)> AskAsync(JsonElement vm)
    {
        var watch = Stopwatch.StartNew();
        var port = vm.GetProperty("forwards")[0].GetProperty("host").GetInt32();
        using var limit = new CancellationTokenSource(s_answerLimit);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        using var reader = new StreamReader(client.GetStream());
        var words = (await reader.ReadToEndAsync(limit.Token)).Split(' ', StringSplitOptions.TrimEntries);
        words.Length.ShouldBe(2, "the counter answers 'BOOT COUNT'");
        GuestLog.Say($"counter answered {words[1]} in {watch.ElapsedMilliseconds} ms");
        return (words[0], long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) => CloudletProgram.RunAsync([.. arguments, "--store", Store]);
}
