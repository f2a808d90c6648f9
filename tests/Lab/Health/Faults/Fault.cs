namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Something that goes wrong on a host, made on purpose, and how that has to end.</summary>
/// <param name="Group">What it is done to.</param>
/// <param name="Name">What happens, in the words of the table.</param>
/// <param name="Script">Shell commands that do it; the seed decides about details.</param>
public sealed record Fault(string Group, string Name, Func<Random, string> Script)
{
    /// <summary>The terminal state, as <c>kind subject</c> of an alarm; null: the host ends as described without anybody's help.</summary>
    public string? Alarm { get; init; }

    /// <summary>Must hold for as long as the alarm is active, as shell commands: what the daemon may not do.</summary>
    public string Stays { get; init; } = "true";

    /// <summary>Shell commands of the operator who mends it; from then on the host ends as described by itself.</summary>
    public string Undo { get; init; } = "true";

    /// <summary>True when the service must run on in the same process: nothing that it has loaded has changed.</summary>
    public bool KeepsService { get; init; }

    /// <summary>How often the service has to be restarted at most.</summary>
    public int MostRestarts { get; init; } = 2;

    /// <summary>The machine loses its power as soon as the script is done.</summary>
    public bool CutsPower { get; init; }

    /// <summary>Changes nothing that is described: nothing has to be healed.</summary>
    public bool IsHarmless { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Group}: {Name}";
}

/// <summary>All faults.</summary>
public static class FaultCatalog
{
    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Fault> All { get; } = [.. LinkFaults.All, .. ConfigurationFaults.All, .. UnitFaults.All, .. DaemonFaults.All];

    /// <summary>One of some, by the seed.</summary>
    internal static string One(this Random seed, params string[] some) => some[seed.Next(some.Length)];

    /// <summary>A pause of at most so many milliseconds, as shell command.</summary>
    internal static string Pause(this Random seed, int milliseconds) => $"sleep {seed.Next(milliseconds) / 1000.0:0.000}";
}
