using System.Globalization;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Collects the outcomes of faults, and writes the table after a run of all of them.</summary>
public sealed class FaultRecorder : IDisposable
{
    private readonly List<FaultOutcome> _outcomes = [];
    private FaultHost? _host;

    /// <summary>How often to cause every fault; null: run a sample.</summary>
    public static int? Seeds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CLOUDLET_FAULT_SEEDS"), CultureInfo.InvariantCulture, out var seeds)
            ? seeds
            : null;

    /// <summary>Only faults whose names contain one of these texts.</summary>
    public static IReadOnlyList<string> Only { get; } = (Environment.GetEnvironmentVariable("CLOUDLET_FAULT_ONLY") ?? "").Split(',');

    /// <summary>The host of all faults.</summary>
    public FaultHost HostOf(ConvergeHost site) => _host ??= new FaultHost(site);

    /// <summary>Adds a run.</summary>
    public void Add(FaultOutcome outcome) => _outcomes.Add(outcome);

    /// <summary>Writes the table, but only after a run of everything.</summary>
    public void Dispose()
    {
        if (Seeds is { } seeds && _outcomes.Count == seeds * FaultCatalog.All.Count)
            File.WriteAllText(FaultTable.Path, FaultTable.Of(_outcomes));
    }
}
