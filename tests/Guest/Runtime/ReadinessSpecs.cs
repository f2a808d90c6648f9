using System.Diagnostics;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>Conditions for sealing a booting guest. Text on the serial port is the condition of every other test.</summary>
[Collection(nameof(CountingGuests))]
public sealed class ReadinessSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("port:7000", "vmxnet3")]
    [InlineData("idle:3", "virtio")]
    public async Task A_guest_is_sealed_when_it_answers_or_has_nothing_to_do(string condition, string card)
    {
        await using var store = new RuntimeStoreFolder();
        await store.AskAsync(
            "base",
            "create",
            await CountingBase.ImageAsync(),
            "--name",
            "counter",
            "--memory",
            "256M",
            "--card",
            card,
            "--until",
            condition,
            "--timeout",
            "5m"
        );

        var vm = await store.ResumeAsync("one");

        (await RuntimeStoreFolder.CountAsync(vm)).Number.ShouldBePositive("it has booted, and continues from there");
    }

    /// <summary>
    /// The image's kernel has no driver for either disk: the firmware reads kernel and initramfs from it, and the sealed machine waits for
    /// its root.
    /// </summary>
    [Theory]
    [InlineData("sata", "e1000e")]
    [InlineData("scsi", "none")]
    public async Task Machines_with_other_devices_are_sealed_resumed_and_synthesized(string disk, string card)
    {
        await using var store = new RuntimeStoreFolder();
        await store.AskAsync(
            "base",
            "create",
            await CountingBase.ImageAsync(),
            "--name",
            "other",
            "--memory",
            "128M",
            "--disk",
            disk,
            "--card",
            card,
            "--until",
            "serial:Waiting for /dev/vda1",
            "--timeout",
            "5m"
        );

        var vm = await store.AskAsync("vm", "resume", "other", "--name", "one");
        vm.GetProperty("clock").GetString()!.ShouldContain("no guest agent answers");
        (await store.RunAsync("vm", "resume", "other", "--forward", "0:7000")).ExitCode.ShouldBe(card == "none" ? 3 : 0);
        await store.AskAsync("overlay", "create", "one", store["one.overlay"]);
        await store.AskAsync("synthesize", store["one.overlay"], "--name", "two");

        await store.StateAsync("one", "running");
        await store.StateAsync("two", "running");
    }

    [Fact]
    public async Task A_guest_is_sealed_when_the_user_confirms()
    {
        await using var store = new RuntimeStoreFolder();
        var image = await CountingBase.ImageAsync();
        (await store.RunAsync("base", "create", image, "--until", "manual")).ShouldExitWith(3).Error.ShouldContain("terminal");

        // script(1) provides a terminal.
        using var terminal = Process.Start(
            new ProcessStartInfo(
                "script",
                [
                    "-qec",
                    $"{CloudletProgram.Path} base create {image} --name person --memory 128M --until manual --store {store.Path}",
                    "/dev/null",
                ]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        using var limit = new CancellationTokenSource(Patience);
        while (
            await terminal.StandardOutput.ReadLineAsync(limit.Token) is { } line && !line.Contains("Press Enter", StringComparison.Ordinal)
        ) { }

        await Task.Delay(1000, limit.Token);
        (await store.RunAsync("base", "list", "--json")).Events.ShouldBeEmpty("nothing was confirmed yet");
        await terminal.StandardInput.WriteAsync("\n".AsMemory(), limit.Token);
        await terminal.StandardInput.FlushAsync(limit.Token);
        var rest = await terminal.StandardOutput.ReadToEndAsync(limit.Token);
        await terminal.WaitForExitAsync(limit.Token);

        terminal.ExitCode.ShouldBe(0, rest);
        (await store.AskAsync("base", "show", "person")).GetProperty("sealed").GetBoolean().ShouldBeTrue();
    }
}
