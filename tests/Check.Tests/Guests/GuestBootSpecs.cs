using System.Diagnostics;
using System.Net;
using System.Text;
using Cloudlet.Check.Clouds;
using Cloudlet.Check.Guests;
using Cloudlet.Machine;
using Cloudlet.Machine.Netlink;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Check.Tests.Guests;

/// <summary>
/// The guest in an emulated machine. CLOUDLET_CHECK_GUEST is the memory in MiB that it gets; it is made from the packages of this
/// machine's sources.
/// </summary>
public sealed class GuestBootSpecs
{
    private const string Id = "0d1f6c52-9f0e-4c6f-8a41-3f4c1f7f2f55";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task It_reports_its_address_and_the_id_in_its_metadata()
    {
        var memory = Environment.GetEnvironmentVariable("CLOUDLET_CHECK_GUEST");
        Assert.SkipUnless(memory is not null, "CLOUDLET_CHECK_GUEST gives no memory");
        using var folder = new TempDir();
        using var machine = new HostMachine(RouteNetlink.Open);
        var guest = await new GuestStore(machine, $"{folder.Path}/check").GetAsync(static _ => { }, Ct);
        TestContext.Current.SendDiagnosticMessage($"{guest.From}: {guest.Kernel.Length} + {guest.InitialFileSystem.Length} bytes");
        await File.WriteAllBytesAsync($"{folder.Path}/kernel", guest.Kernel, Ct);
        await File.WriteAllBytesAsync($"{folder.Path}/initrd", guest.InitialFileSystem, Ct);
        var port = FakeCloud.FreePort();
        using var metadata = new HttpListener();
        metadata.Prefixes.Add($"http://*:{port}/");
        metadata.Start();
        var answering = AnswerAsync(metadata);

        var console = await BootAsync(folder.Path, memory!, port);

        console.Address.ShouldBe("169.254.169.15/24", console.Tail);
        console.Metadata.ShouldBe(Id, console.Tail);
        metadata.Stop();
        await answering;
        (await new GuestStore(machine, $"{folder.Path}/check").GetAsync(static _ => { }, Ct)).InitialFileSystem.ShouldBe(
            guest.InitialFileSystem
        );
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static async Task<GuestConsole> BootAsync(string folder, string memory, int port)
    {
        using var qemu = Process.Start(
            new ProcessStartInfo(
                "qemu-system-x86_64",
                [
                    .. $"-accel tcg -m {memory} -nographic -nodefaults -serial stdio -kernel {folder}/kernel -initrd {folder}/initrd".Split(
                        ' '
                    ),
                    "-append",
                    ImageMaker.CommandLine,
                    "-netdev",
                    "user,id=n,net=169.254.169.0/24,host=169.254.169.2,dns=169.254.169.3,"
                        + $"guestfwd=tcp:169.254.169.254:80-tcp:127.0.0.1:{port}",
                    "-device",
                    "virtio-net-pci,netdev=n",
                ]
            )
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        try
        {
            var text = new StringBuilder();
            var console = GuestConsole.Parse("");
            var started = Stopwatch.StartNew();
            while (console.Metadata is null && started.Elapsed < Limit && await qemu.StandardOutput.ReadLineAsync(Ct) is { } line)
                console = GuestConsole.Parse(text.Append(line).Append('\n').ToString());
            TestContext.Current.SendDiagnosticMessage($"booted in {started.Elapsed.TotalSeconds:0.0} s\n{text}");
            return console;
        }
        finally
        {
            qemu.Kill();
            await qemu.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task AnswerAsync(HttpListener metadata)
    {
        try
        {
            while (true)
            {
                var context = await metadata.GetContextAsync();
                var body = Encoding.UTF8.GetBytes($$"""{"random_seed": "xyz", "uuid": "{{Id}}", "name": "guest", "keys": []}""");
                context.Response.ContentLength64 = body.Length;
                context.Response.KeepAlive = false;
                await context.Response.OutputStream.WriteAsync(body);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
