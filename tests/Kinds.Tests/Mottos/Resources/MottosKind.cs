using System.Text;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.Kinds.Tests.Mottos.DesiredState;
using Cloudlet.Machine.Files;

namespace Cloudlet.Kinds.Tests.Mottos.Resources;

/// <summary>Mottos on a host, each in a file.</summary>
public sealed class MottosKind(IHostFiles files)
    : IResourceKind<MottoSpec>,
        ICanRemove<MottoSpec>,
        ITriggered<MottoSpec>,
        IWritesFiles<MottoSpec>
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public ValueTask<MottoSpec?> ObserveAsync(MottoSpec desired, CancellationToken ct) =>
        new(files.Read(MottoSpec.PathOf(desired.Name)) is { } line ? desired with { Line = Encoding.UTF8.GetString(line) } : null);

    public ValueTask ApplyAsync(MottoSpec desired, MottoSpec? observed, ChangeAction action, CancellationToken ct)
    {
        files.Write(MottoSpec.PathOf(desired.Name), Encoding.UTF8.GetBytes(desired.Line ?? ""), Mode);
        return ValueTask.CompletedTask;
    }

    public bool CanRemove(MottoSpec spec) => true;

    public ValueTask RemoveAsync(MottoSpec spec, CancellationToken ct)
    {
        files.Delete(MottoSpec.PathOf(spec.Name));
        return ValueTask.CompletedTask;
    }

    public IEnumerable<Trigger> TriggersOf(MottoSpec spec) => [new Trigger(TriggerKind.Path, MottoSpec.PathOf(spec.Name))];

    public IEnumerable<string> PathsOf(MottoSpec spec) => [MottoSpec.PathOf(spec.Name)];
}
