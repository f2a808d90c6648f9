namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Something that goes wrong on a host, caused on purpose, and how it has to end.</summary>
/// <param name="Group">What it affects.</param>
/// <param name="Name">What happens, as shown in the table.</param>
/// <param name="Script">Shell commands that do it; the seed decides about details.</param>
public sealed record Fault(string Group, string Name, Func<Random, string> Script)
{
    /// <summary>The expected final state, as <c>kind subject</c> of an alarm; null: the host ends as described without any help.</summary>
    public string? Alarm { get; init; }

    /// <summary>Shell commands that must succeed while the alarm is active: they check what the daemon must not do.</summary>
    public string Stays { get; init; } = "true";

    /// <summary>Shell commands of the operator's repair; after them, the host ends as described by itself.</summary>
    public string Undo { get; init; } = "true";

    /// <summary>True when the service must keep its process: nothing that it has loaded has changed.</summary>
    public bool KeepsService { get; init; }

    /// <summary>How often the service may be restarted.</summary>
    public int MostRestarts { get; init; } = 2;

    /// <summary>The power is cut as soon as the script is done.</summary>
    public bool CutsPower { get; init; }

    /// <summary>Nothing that is described changes, so nothing has to be healed.</summary>
    public bool IsHarmless { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Group}: {Name}";
}

/// <summary>All faults.</summary>
public static class FaultCatalog
{
    /// <summary>All faults, in the order of the table.</summary>
    public static IReadOnlyList<Fault> All { get; } =
    [.. LinkFaults.All, .. ConfigurationFaults.All, .. UnitFaults.All, .. DaemonFaults.All];

    /// <summary>One of several texts, chosen by the seed.</summary>
    internal static string One(this Random seed, params string[] some) => some[seed.Next(some.Length)];

    /// <summary>Shell command that pauses for at most this many milliseconds.</summary>
    internal static string Pause(this Random seed, int milliseconds) => $"sleep {seed.Next(milliseconds) / 1000.0:0.000}";
}
