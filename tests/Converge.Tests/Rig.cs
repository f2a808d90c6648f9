using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Converge.Tests;

/// <summary>An engine over memory.</summary>
internal sealed class Rig
{
    public MemoryKind Kind { get; init; } = new();

    public MemoryConvergeStore Store { get; init; } = new();

    public RecordingGuard Guard { get; } = new();

    public ManualClock Clock { get; } = new();

    public List<ConvergeEvent> Events { get; } = [];

    public Converger Converger =>
        new(
            new KindRegistry().Add(Kind),
            Store,
            Guard,
            Clock,
            e =>
            {
                lock (Events)
                    Events.Add(e);
            }
        );

    /// <summary>The host's state as comparable text.</summary>
    public string Picture =>
        string.Join(
            '\n',
            Kind.Host.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key} {f.Value.Content} {f.Value.Mode} {f.Value.Target}")
        );

    public static HostState State(params FileSpec[] files) => HostState.Create("edge-1", files);

    public static FileSpec File(string name, string content = "x", params string[] after) =>
        new()
        {
            Id = $"file:/{name}",
            Path = $"/{name}",
            Kind = FileKind.File,
            Content = content,
            After = [.. after.Select(a => $"file:/{a}")],
        };

    public Task<Finished> ApplyAsync(HostState state, ApplyOptions? options = null, CancellationToken ct = default) =>
        Converger.ApplyAsync(state, options ?? new ApplyOptions(), ct);

    public Task<Plan> PlanAsync(HostState state) => Converger.PlanAsync(state, default);

    public void Put(params FileSpec[] files)
    {
        foreach (var file in files)
            Kind.Host[file.Id] = file with { Mode = file.Mode ?? "0644" };
    }
}
