using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Units;

/// <summary>Rules for units of the service manager.</summary>
internal sealed class UnitRules
{
    private const string UnitFolder = "/etc/systemd/system/";
    private static readonly string[] Suffixes =
    [
        ".service",
        ".socket",
        ".timer",
        ".target",
        ".path",
        ".mount",
        ".automount",
        ".slice",
        ".swap",
    ];

    private readonly HostReport _report;
    private readonly HostSection _host;
    private readonly AfterRules _rules;
    private readonly Dictionary<string, List<string>> _after = new(StringComparer.Ordinal);

    private UnitRules(HostSection host, HostReport report)
    {
        _host = host;
        _report = report;
        _rules = new AfterRules(host, report);
    }

    public static void Check(HostSection host, HostReport report)
    {
        if (host.Units is not { } units)
            return;
        var rules = new UnitRules(host, report);
        foreach (var (name, unit) in units)
            rules.WrittenFiles(name, unit);
        foreach (var (name, unit) in units)
            rules.Unit(name, unit);
        foreach (var cycle in Graph.Cycles(rules._after))
            report.Key($"these units form a cycle: {string.Join(" → ", cycle)} → {cycle[0]}", "units", cycle[0], "after");
    }

    private void Unit(string name, UnitSection unit)
    {
        if (NameError(name) is { } error)
            _report.Key(error, "units", name);
        if (name.Contains("@.") && unit.Running is not null)
            _report.Key(
                $"{name} is a template: its instances run, e.g. {name.Replace("@.", "@one.", StringComparison.Ordinal)}",
                "units",
                name,
                "running"
            );
        if (name.Contains("@.") && unit.Enabled == true && unit.Content?.Contains("DefaultInstance=", StringComparison.Ordinal) != true)
            _report.Key(
                $"{name} is a template without a DefaultInstance= in its `content`: enable its instances, e.g. "
                    + $"{name.Replace("@.", "@one.", StringComparison.Ordinal)}",
                "units",
                name,
                "enabled"
            );
        if (unit.Content is not null)
            SecretRules.References(unit.Content, _host, _report, "units", name, "content");
        for (var i = 0; i < unit.Loads?.Count; i++)
        {
            if (unit.Loads[i] is { } path && Names.PathError(path) is { } pathError)
                _report.Value(pathError, "units", name, "loads", $"{i}");
        }

        LoadedOptions(name, unit);
        HungAfter(name, unit);
        if (unit.StartTimeout is { } wait and (< 1 or > UnitSpec.LongestStart))
            _report.Value($"{wait} is out of range: startTimeout is 1 to {UnitSpec.LongestStart} seconds", "units", name, "startTimeout");
        foreach (var id in _rules.Check(UnitSpec.IdOf(name), unit.After, "units", name))
            Wait(name, id);
    }

    /// <summary>Keys about loaded files require at least one such file.</summary>
    private void LoadedOptions(string name, UnitSection unit)
    {
        if (unit is { Mutable.Count: > 0, Loads: null or { Count: 0 } })
            _report.Key("`mutable` needs `loads`: list the files that these options are in", "units", name, "mutable");
        if (unit is { Asks: not null, Loads: null or { Count: 0 } })
            _report.Key("`asks` needs `loads`: list the files that the process loads", "units", name, "asks");
        for (var i = 0; i < unit.Mutable?.Count; i++)
        {
            if (unit.Mutable[i] is { } option && OptionNames.Error(option) is { } error)
                _report.Value(error, "units", name, "mutable", $"{i}");
        }
    }

    private void HungAfter(string name, UnitSection unit)
    {
        if (unit.HungAfter is not { } seconds)
            return;
        if (seconds is < UnitSpec.ShortestHang or > UnitSpec.LongestHang)
            _report.Value(
                $"{seconds} is out of range: hungAfter is {UnitSpec.ShortestHang} to {UnitSpec.LongestHang} seconds",
                "units",
                name,
                "hungAfter"
            );
        if (!name.EndsWith(".service", StringComparison.Ordinal) || name.Contains("@."))
            _report.Key($"{name} has no process that could hang; only services do", "units", name, "hungAfter");
        else if (unit.Running is null)
            _report.Key("hungAfter requires `running: true`", "units", name, "hungAfter");
    }

    /// <summary>The problem with the name of a unit, or null.</summary>
    public static string? NameError(string name)
    {
        var dot = name.LastIndexOf('.');
        var suffix = dot < 0 ? "" : name[dot..];
        if (Array.IndexOf(Suffixes, suffix) < 0)
        {
            var hint = Spelling.Closest(suffix, Suffixes) is { } meant && dot > 0 ? name[..dot] + meant : name + ".service";
            return $"\"{name}\" lacks a suffix of a unit ({string.Join(", ", Suffixes)}); did you mean \"{hint}\"?";
        }

        return dot is > 0 and <= 255 && name[0] is not ('-' or '.') && Names.HasOnly(name, ":-_.\\@")
            ? null
            : $"\"{name}\" is not a valid unit name: letters, digits and : - _ . \\ @";
    }

    /// <summary>The unit file and the drop-ins that this unit's keys write must not be described under files as well.</summary>
    private void WrittenFiles(string unit, UnitSection section)
    {
        if (section.Content is not null)
            Written(UnitFolder + unit, "units", unit, "content");
        foreach (var (name, content) in section.DropIns ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (name.EndsWith(".conf", StringComparison.Ordinal))
                _report.Key(
                    $"leave out .conf: the drop-in \"{name[..^5]}\" becomes {UnitFolder}{unit}.d/{name}",
                    "units",
                    unit,
                    "dropIns",
                    name
                );
            else if (name.Length == 0 || name[0] is '.' or '-' || !Names.HasOnly(name, "_.-"))
                _report.Key($"\"{name}\" is not a valid drop-in name: letters, digits, '_', '-' and '.'", "units", unit, "dropIns", name);
            else
                Written($"{UnitFolder}{unit}.d/{name}.conf", "units", unit, "dropIns", name);
            SecretRules.References(content, _host, _report, "units", unit, "dropIns", name);
        }
    }

    private void Written(string path, params ReadOnlySpan<string> keys)
    {
        if (!_rules.Add(FileSpec.IdOf(path)))
            _report.Key($"this writes {path}, which is also described under files ({_report.PlaceOf("files", path)})", keys);
    }

    private void Wait(string unit, string id)
    {
        if (!id.StartsWith("unit:", StringComparison.Ordinal))
            return;
        if (!_after.TryGetValue(unit, out var names))
            _after.Add(unit, names = []);
        names.Add(id["unit:".Length..]);
    }
}
