using System.Text;
using Cloudlet.Check.Steps;
using Cloudlet.Machine.Network;
using Cloudlet.OpenStack;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Cloud;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Check.Tests;

/// <summary>A host with a kernel and a busybox, whose cloud is fake.</summary>
internal sealed class CheckHost : ICheckListener, IAsyncDisposable
{
    public const string Floating = "10.80.0.123";
    private readonly TempDir _folder = new();
    private readonly CloudHttp _http = CloudHttp.Create(caFile: null);
    private readonly ManualClock _clock = new();

    public CheckHost()
    {
        Machine.Files["/boot/vmlinuz-6.1.0-9-cloud-amd64"] = "kernel";
        Machine.Files["/lib/modules/6.1.0-9-cloud-amd64/modules.dep"] = "kernel/virtio_pci.ko:\nkernel/virtio_net.ko:\n";
        Machine.Files["/lib/modules/6.1.0-9-cloud-amd64/kernel/virtio_pci.ko"] = "pci";
        Machine.Files["/lib/modules/6.1.0-9-cloud-amd64/kernel/virtio_net.ko"] = "net";
        Machine.Files["/bin/busybox"] = Encoding.Latin1.GetString(StaticProgram);
        Machine.Probes.Services[$"ping {Floating}"] = static () => new ProbeAnswer(true, $"{Floating} answered in 1 ms");
        Cloud.Add("networks", new() { ["name"] = "public", ["router:external"] = true });
        Cloud.Add(
            "subnets",
            new()
            {
                ["network_id"] = Cloud.Named("networks", "public")["id"]!.ToString(),
                ["cidr"] = "10.80.0.0/24",
                ["ip_version"] = 4,
            }
        );
        Before = Objects();
    }

    /// <summary>Beginning of an ELF program of 64 bits with one segment, which is loaded.</summary>
    public static byte[] StaticProgram { get; } = Program(segment: 1);

    public static byte[] Program(byte segment)
    {
        var elf = new byte[64 + 56];
        "\u007fELF\u0002\u0001"u8.CopyTo(elf);
        (elf[0x20], elf[0x36], elf[0x38], elf[64]) = (64, 56, 1, segment);
        return elf;
    }

    public FakeCloud Cloud { get; } = new();

    public FakeMachine Machine { get; } = new();

    public List<CheckStep> Steps { get; } = [];

    public List<string> Waits { get; } = [];

    public string[] Before { get; }

    /// <summary>What is in the cloud.</summary>
    public string[] Objects() =>
        [
            .. (
                (string[])["servers", "floatingips", "routers", "ports", "networks", "subnets", "security-groups", "images", "flavors"]
            ).SelectMany(collection => Cloud[collection].Select(o => $"{collection} {o["name"]} {o["id"]}")),
        ];

    /// <summary>Names of the steps with how they ended.</summary>
    public IEnumerable<string> Ends => Steps.Select(static s => $"{s.Name} {s.Result}");

    /// <summary>What the failed step found.</summary>
    public string Failure => Steps.First(static s => s.Result == StepResult.Failed).Found;

    public Action<CheckStep>? OnStep { get; set; }

    public async Task<bool> CheckAsync(CheckOptions? options = null, CancellationToken ct = default)
    {
        using var client = new CloudClient(
            new CloudLogin(new Uri(Cloud.AuthUrl), "admin") { Project = "admin" },
            () => "s3cret",
            _http,
            _clock
        );
        return await new CloudCheck(client, Machine, this, _clock).RunAsync(options ?? Options, ct);
    }

    public CheckOptions Options => new("ab12cd34", $"{_folder.Path}/check", TimeSpan.FromMinutes(1));

    void ICheckListener.Ended(CheckStep step)
    {
        Steps.Add(step);
        OnStep?.Invoke(step);
    }

    void ICheckListener.Waiting(string step, string on, TimeSpan since) => Waits.Add($"{step}: {on}");

    public async ValueTask DisposeAsync()
    {
        await Cloud.DisposeAsync();
        Machine.Dispose();
        _folder.Dispose();
    }
}
