using System.Globalization;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Collects how faults ended, and writes the table after a run of all of them.</summary>
public sealed class FaultRecorder : IDisposable
{
    private readonly List<FaultOutcome> outcomes = [];
    private FaultHost? host;

    /// <summary>How often to make every fault; null: a sample will do.</summary>
    public static int? Seeds { get; } = int.TryParse(Environment.GetEnvironmentVariable("CLOUDLET_FAULT_SEEDS"), CultureInfo.InvariantCulture, out var seeds) ? seeds : null;

    /// <summary>Only faults with one of these texts in their names.</summary>
    public static IReadOnlyList<string> Only { get; } = (Environment.GetEnvironmentVariable("CLOUDLET_FAULT_ONLY") ?? "").Split(',');

    /// <summary>The host of all faults.</summary>
    public FaultHost HostOf(ConvergeHost site) => host ??= new FaultHost(site);

    /// <summary>Adds a run.</summary>
    public void Add(FaultOutcome outcome) => outcomes.Add(outcome);

    /// <summary>Only a run of everything is a table.</summary>
    public void Dispose()
    {
        if (Seeds is { } seeds && outcomes.Count == seeds * FaultCatalog.All.Count)
            File.WriteAllText(FaultTable.Path, FaultTable.Of(outcomes));
    }
}
