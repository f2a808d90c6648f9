using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Service.Answers;

/// <summary>Shows what the runtime has as the API does.</summary>
internal static class Views
{
    /// <summary>A base.</summary>
    /// <param name="one">The base.</param>
    /// <param name="scope">The project that asks, whose name alone is shown; null for an administrator.</param>
    public static BaseView Of(BaseVm one, string? scope)
    {
        var machine = one.Manifest.Definition;
        return new BaseView(one.Id, one.Manifest.IsSealed, one.Manifest.Disk.Length)
        {
            Name = one.Name,
            MemoryBytes = machine?.MemoryBytes,
            Machine = machine is null
                ? null
                : new MachineView(
                    machine.Machine,
                    machine.Cpu,
                    machine.Cpus,
                    machine.Accelerator,
                    machine.Disk ?? VmDefinition.Virtio,
                    machine.Card ?? VmDefinition.Virtio,
                    machine.QemuVersion
                ),
            Project = one.Projects is null ? null : scope ?? string.Join(", ", one.Projects),
        };
    }

    /// <summary>A VM.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="state">Its state.</param>
    public static VmView Of(RunningVm vm, VmState state) =>
        new(
            vm.Id,
            vm.BaseId,
            state switch
            {
                VmState.Running => "running",
                VmState.Paused => "paused",
                VmState.Stalled => "stalled",
                _ => "dead",
            },
            [.. vm.Record.Forwards.Select(f => new ForwardView(f.HostPort, f.GuestPort))],
            vm.Record.Created
        )
        {
            Name = vm.Name,
            Project = vm.Record.Project,
        };

    /// <summary>An overlay.</summary>
    public static OverlayView Of(ShelvedOverlay o) =>
        new(o.Id, o.Digest, o.BaseId, o.Bytes, o.DiskBytes, o.MemoryBytes, o.CarriedPages, o.Created)
        {
            Name = o.Name,
            Project = o.Project,
            QemuVersion = o.QemuVersion,
        };

    /// <summary>Forwards of a request.</summary>
    public static IReadOnlyList<PortForward> Of(IReadOnlyList<ForwardView> forwards) =>
        [.. forwards.Select(f => new PortForward(f.Host, f.Guest))];
}
