using System.CommandLine;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;

namespace Cloudlet.Cli.Verbs;

/// <summary>The options of the machine that a disk is booted in, and of when it is ready.</summary>
internal sealed class BootOptions
{
    private readonly Option<string> _memory = new("--memory")
    {
        Description = "Guest memory.",
        DefaultValueFactory = _ => "512M",
        HelpName = "SIZE",
    };

    private readonly Option<int> _cpus = new("--cpus")
    {
        Description = "Virtual processors.",
        DefaultValueFactory = _ => 1,
        HelpName = "COUNT",
    };

    private readonly Option<string> _cpu = new("--cpu")
    {
        Description = "CPU model and features. Its VMs run only on hosts that support all of these.",
        DefaultValueFactory = _ => BaseCreation.DefaultCpu,
        HelpName = "MODEL",
    };

    private readonly Option<string?> _accelerator = new("--accel")
    {
        Description = "kvm or tcg; by default kvm where a probe machine ran with it. The base's VMs need the same.",
        HelpName = "NAME",
    };

    private readonly Option<string> _disk = new("--disk")
    {
        Description = "How the disk is attached: virtio, scsi (virtio-scsi) or sata. The guest needs a driver for it.",
        DefaultValueFactory = _ => VmDefinition.Virtio,
        HelpName = "KIND",
    };

    private readonly Option<string> _card = new("--card")
    {
        Description = "The network card: virtio, e1000e, vmxnet3 or none.",
        DefaultValueFactory = _ => VmDefinition.Virtio,
        HelpName = "KIND",
    };

    private readonly Option<string> _until = new("--until")
    {
        Description = "When it is ready: serial:TEXT, port:N, idle:SECONDS, time:SECONDS or manual.",
        DefaultValueFactory = _ => "idle:5",
        HelpName = "CONDITION",
    };

    private readonly Option<TimeSpan> _timeout = RuntimeOptions.Timeout("Time limit for that.", TimeSpan.FromMinutes(10));
    private readonly Option<bool> _open = VmVerb.Open();

    public BootOptions()
    {
        _disk.CompletionSources.Add([VmDefinition.Virtio, .. VmDefinition.OtherDisks]);
        _card.CompletionSources.Add([VmDefinition.Virtio, .. VmDefinition.OtherCards]);
    }

    /// <summary>All of them, in the order of the help.</summary>
    public IReadOnlyList<Option> All => [_memory, _cpus, _cpu, _accelerator, _disk, _card, _until, _timeout, _open];

    /// <summary>What they say, for this machine.</summary>
    public BaseCreation CreationOf(ParseResult parsed, string source) =>
        new()
        {
            Source = source,
            MemoryBytes = RuntimeOptions.ParseSize(parsed.GetValue(_memory)!),
            Cpus = parsed.GetValue(_cpus),
            Cpu = parsed.GetValue(_cpu)!,
            Accelerator = parsed.GetValue(_accelerator),
            Disk = parsed.GetValue(_disk)!,
            Card = parsed.GetValue(_card)!,
            Until = Readiness.Parse(parsed.GetValue(_until)!),
            Limit = parsed.GetValue(_timeout),
            IsOpen = parsed.GetValue(_open),
        };

    /// <summary>What they say, for a service.</summary>
    public BootRequest RequestOf(ParseResult parsed) =>
        new()
        {
            MemoryMib = (int)(RuntimeOptions.ParseSize(parsed.GetValue(_memory)!) >> 20),
            Cpus = parsed.GetValue(_cpus),
            Cpu = parsed.GetValue(_cpu),
            Accelerator = parsed.GetValue(_accelerator),
            Disk = parsed.GetValue(_disk),
            Card = parsed.GetValue(_card),
            Until = parsed.GetValue(_until)!,
            TimeoutSeconds = (int)parsed.GetValue(_timeout).TotalSeconds,
            OpenNetwork = parsed.GetValue(_open),
        };
}
