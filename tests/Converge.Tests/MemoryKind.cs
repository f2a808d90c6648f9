using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Tests;

/// <summary>
/// Files in a dictionary: a kind with every ability, and with faults on demand. A file whose content starts with "anew" cannot be changed
/// in
/// place.
/// </summary>
internal sealed class MemoryKind
    : IResourceKind<FileSpec>,
        ICanRemove<FileSpec>,
        ICaptures<FileSpec>,
        IFindsOwned<FileSpec>,
        IHasImmutableProperties,
        IPreflight<FileSpec>,
        IKnowsDefaults<FileSpec>
{
    private readonly Lock _turn = new();

    /// <summary>What is on the host.</summary>
    public Dictionary<string, FileSpec> Host { get; } = [];

    /// <summary><c>apply ID</c> and <c>remove ID</c>, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Called before and after each change.</summary>
    public Action? OnWrite { get; set; }

    /// <summary>Called before a change; may throw.</summary>
    public Action<string>? BeforeApply { get; set; }

    /// <summary>Called after a change; may disturb.</summary>
    public Action<string>? AfterApply { get; set; }

    /// <summary>Called before an observation; may throw.</summary>
    public Action<string>? BeforeObserve { get; set; }

    /// <summary>Why a change is certain to fail, by id.</summary>
    public Dictionary<string, string> Refusals { get; } = [];

    /// <summary>A mode that the host refuses; null: none.</summary>
    public string? RefusesMode { get; set; }

    /// <summary>Paths that carry our mark.</summary>
    public HashSet<string> Marked { get; } = [];

    public IReadOnlySet<string> ReplacedBy { get; } = new HashSet<string> { "target" };

    public ValueTask<FileSpec?> ObserveAsync(FileSpec desired, CancellationToken ct)
    {
        BeforeObserve?.Invoke(desired.Id);
        lock (_turn)
            return new(
                Host.TryGetValue(desired.Id, out var there)
                    ? desired with
                    {
                        Kind = there.Kind,
                        Content = there.Content,
                        Mode = there.Mode,
                        Target = there.Target,
                    }
                    : null
            );
    }

    public async ValueTask ApplyAsync(FileSpec desired, FileSpec? observed, ChangeAction action, CancellationToken ct)
    {
        await Task.Yield();
        BeforeApply?.Invoke(desired.Id);
        OnWrite?.Invoke();
        lock (_turn)
        {
            Calls.Add($"apply {desired.Id}");
            var old = Host.GetValueOrDefault(desired.Id);
            Host[desired.Id] = desired with { Mode = desired.Mode ?? old?.Mode ?? "0644", Target = desired.Target ?? old?.Target ?? "" };
            AfterApply?.Invoke(desired.Id);
        }

        OnWrite?.Invoke();
    }

    public ValueTask<IReadOnlyList<string>> CheckAsync(FileSpec desired, FileSpec? observed, Plan plan, CancellationToken ct) =>
        new(
            Refusals.TryGetValue(desired.Id, out var reason) ? [reason]
            : RefusesMode is { } mode && desired.Mode == mode ? [$"mode {mode} is refused"]
            : []
        );

    public FileSpec Undescribed(FileSpec spec) => spec with { Mode = "0644" };

    public bool CanRemove(FileSpec spec) => spec.Mode != "9999";

    public ValueTask RemoveAsync(FileSpec spec, CancellationToken ct)
    {
        BeforeApply?.Invoke(spec.Id);
        OnWrite?.Invoke();
        lock (_turn)
        {
            Calls.Add($"remove {spec.Id}");
            Host.Remove(spec.Id);
            AfterApply?.Invoke(spec.Id);
        }

        OnWrite?.Invoke();
        return ValueTask.CompletedTask;
    }

    public ValueTask<FileSpec?> CaptureAsync(FileSpec observed, CancellationToken ct) => new(observed);

    public ValueTask<IReadOnlyList<FileSpec>> FindOwnedAsync(CancellationToken ct) =>
        new([.. Host.Values.Where(f => Marked.Contains(f.Path))]);

    public static CloudletException Fault(ErrorKind kind) => new(kind, $"a fault of kind {kind}");
}
