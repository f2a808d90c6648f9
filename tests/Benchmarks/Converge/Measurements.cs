using System.Text.Json.Serialization;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>One run, as measured by measure.py inside the host.</summary>
/// <param name="Wall">Wall time, s.</param>
/// <param name="Cpu">User and system time of the program and its children, s.</param>
/// <param name="Rss">Largest resident set of any of them, KiB.</param>
/// <param name="Exit">Exit status.</param>
/// <param name="Said">The end of its output.</param>
internal sealed record Run(
    [property: JsonPropertyName("wall")] double Wall,
    [property: JsonPropertyName("cpu")] double Cpu,
    [property: JsonPropertyName("rss")] long Rss,
    [property: JsonPropertyName("exit")] int Exit,
    [property: JsonPropertyName("said")] string Said
);

/// <summary>Runs of one contender.</summary>
/// <param name="Contender">Its name.</param>
/// <param name="Runs">In the order in which they ran.</param>
internal sealed record Series(string Contender, IReadOnlyList<Run> Runs)
{
    public double Median => MedianOf(r => r.Wall);

    public double Min => Runs.Min(r => r.Wall);

    public double Max => Runs.Max(r => r.Wall);

    public double Cpu => MedianOf(r => r.Cpu);

    public double RssMebibytes => Runs.Max(r => r.Rss) / 1024.0;

    private double MedianOf(Func<Run, double> value)
    {
        var sorted = Runs.Select(value).Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <summary>Namespace hosts converged in one call.</summary>
/// <param name="Hosts">How many.</param>
/// <param name="First">First converge of all, s.</param>
/// <param name="NoOp">An apply with nothing to do, s.</param>
internal sealed record NamespaceRow(int Hosts, double First, double NoOp);

/// <summary>Everything that was measured.</summary>
/// <param name="Machine">Lines about the machine and the versions.</param>
/// <param name="First">First converges.</param>
/// <param name="NoOp">Applies with nothing to do.</param>
/// <param name="Remote">The same over ssh, from the host to itself.</param>
/// <param name="Starts">Programs that print their version.</param>
/// <param name="Contacts">First contacts over a thin link.</param>
/// <param name="Writes">Calls of a no-op apply that write, or could.</param>
/// <param name="Namespaces">Growth with the number of hosts.</param>
internal sealed record ConvergeResult(
    IReadOnlyList<string> Machine,
    IReadOnlyList<Series> First,
    IReadOnlyList<Series> NoOp,
    IReadOnlyList<Series> Remote,
    IReadOnlyList<Series> Starts,
    IReadOnlyList<Series> Contacts,
    IReadOnlyList<string> Writes,
    IReadOnlyList<NamespaceRow> Namespaces
);
