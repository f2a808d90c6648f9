using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>Collects the outcome of each edit.</summary>
public sealed class EditTable : IDisposable
{
    private readonly List<(string Kind, string What, bool IsRight, string Seen)> _rows = [];

    /// <summary>True when all edits are run and the table is written.</summary>
    internal static bool IsAll { get; } = Environment.GetEnvironmentVariable("CLOUDLET_NOVA_ALL") == "1";

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsAll || _rows.Count != Edit.Harmless.Count + Edit.Adversarial.Count)
            return;
        File.WriteAllText(
            Path.Combine(CloudletProgram.Repository, "docs/benchmarks/edits.md"),
            $"""
            # Edits under real Nova

            `build/nova` makes each of these edits to Debian's Nova on a lab host (templates/sites/nova.yaml) under a running health
            daemon, waits until the daemon and `cloudlet verify` find the host as described, and writes this table.

            ## Harmless: no process has to be restarted

            False restarts: {Wrong("harmless")} of {Edit.Harmless.Count}.

            | edit | effect |
            | --- | --- |
            {Lines("harmless")}

            ## Adversarial: nova-compute runs, or may run, with options other than the files have

            Missed stale configurations: {Wrong("adversarial")} of {Edit.Adversarial.Count}.

            | edit | effect |
            | --- | --- |
            {Lines("adversarial")}

            """
        );
    }

    /// <summary>Adds a row.</summary>
    internal void Add(string kind, string what, bool isRight, string seen)
    {
        lock (_rows)
            _rows.Add((kind, what, isRight, seen));
    }

    private int Wrong(string kind) => _rows.Count(r => r.Kind == kind && !r.IsRight);

    private string Lines(string kind) =>
        string.Join(
            "\n",
            _rows
                .Where(r => r.Kind == kind)
                .OrderBy(r => r.What, StringComparer.Ordinal)
                .Select(r => $"| {r.What} | {(r.IsRight ? r.Seen : $"**{r.Seen}**")} |")
        );
}
