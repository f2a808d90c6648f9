using System.Globalization;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>A systemd unit and its process.</summary>
/// <param name="Name">Name with its suffix.</param>
/// <param name="Facts">Lines of the exhibit.</param>
internal sealed record UnitState(string Name, Facts Facts)
{
    /// <summary>Id of the exhibit.</summary>
    public string Exhibit => ExhibitIds.Unit(Name);

    public string? ActiveState => Facts["ActiveState"];

    public string? SubState => Facts["SubState"];

    public string? Result => Facts["Result"];

    public string? UnitFileState => Facts["UnitFileState"];

    public int? Restarts => Number("NRestarts");

    public int? ExitStatus => Number("ExecMainStatus");

    public int? MainPid => Number("MainPID") is > 0 and { } pid ? pid : null;

    /// <summary>The line of /proc/PID/status with the state of the main process; null when unknown.</summary>
    public string? ProcessState { get; init; }

    public bool IsActive => ActiveState is "active" or "reloading";

    /// <summary>True when systemd says that it does not run; false when that is unknown, too.</summary>
    public bool IsDown => ActiveState is "failed" or "inactive" or "deactivating" || IsBetweenStarts;

    /// <summary>True while it waits for its next start after it exited by itself.</summary>
    public bool IsBetweenStarts => SubState is "auto-restart" or "auto-restart-queued";

    public bool IsMasked => UnitFileState is "masked" or "masked-runtime" || Facts["LoadState"] == "masked";

    /// <summary>True for a process that a signal or a debugger has stopped.</summary>
    public bool IsStopped => StateLetter is 'T' or 't';

    /// <summary>True for a process that waits for a disk or a network file system and cannot be killed until that answers.</summary>
    public bool IsStuck => StateLetter == 'D';

    private char StateLetter => ProcessState?.Split(':', 2) is [_, var state] && state.TrimStart() is { Length: > 0 } text ? text[0] : ' ';

    /// <summary>Lines of the named properties, as they came.</summary>
    public string Quote(params ReadOnlySpan<string> names)
    {
        List<string> parts = [];
        foreach (var name in names)
        {
            if (Facts[name] is not null)
                parts.Add(Facts.Line(name));
        }

        return string.Join(" ", parts);
    }

    /// <summary>Reads all units of a bundle; one that the host does not have is left out.</summary>
    public static IReadOnlyDictionary<string, UnitState> ReadAll(Bundle bundle, Notes notes)
    {
        var units = new Dictionary<string, UnitState>(StringComparer.Ordinal);
        foreach (var exhibit in bundle.StartingWith("unit:"))
        {
            var name = exhibit.Id["unit:".Length..];
            if (notes.Answer(exhibit) is null)
                continue;
            var facts = Facts.Of(exhibit, '=');
            if (facts["ActiveState"] is null)
                notes.Malformed(exhibit, "it has no ActiveState");
            else if (facts["LoadState"] != "not-found")
                units[name] = new UnitState(name, facts)
                {
                    ProcessState = ProcessLine(notes.Answer(ExhibitIds.Process(name), isNeeded: false)),
                };
        }

        return units;
    }

    private static string? ProcessLine(Exhibit? status) =>
        status?.Text.Split('\n').FirstOrDefault(l => l.StartsWith("State:", StringComparison.Ordinal))?.Trim();

    private int? Number(string name) =>
        int.TryParse(Facts[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
