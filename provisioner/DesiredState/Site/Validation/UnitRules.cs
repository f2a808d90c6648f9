using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Modules;
using Cloudlet.DesiredState.Packages;
using Cloudlet.DesiredState.Site.Structure;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Units of the service manager.</summary>
internal sealed class UnitRules
{
    private const string UnitFolder = "/etc/systemd/system/";
    private static readonly string[] Suffixes = [".service", ".socket", ".timer", ".target", ".path", ".mount", ".automount", ".slice", ".swap"];

    private readonly HostReport report;
    private readonly HostSection host;
    private readonly HashSet<string> ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> after = new(StringComparer.Ordinal);

    private UnitRules(HostSection host, HostReport report)
    {
        this.host = host;
        this.report = report;
        Declare(host.Modules?.Keys, ModuleSpec.IdOf);
        Declare(host.Links?.Keys, LinkSpec.IdOf);
        Declare(host.Files?.Keys, FileSpec.IdOf);
        Declare(host.Packages?.Keys, PackageSpec.IdOf);
        Declare(host.Units?.Keys, UnitSpec.IdOf);
    }

    public static void Check(HostSection host, HostReport report)
    {
        if (host.Units is null)
            return;
        var rules = new UnitRules(host, report);
        foreach (var (name, unit) in host.Units)
            rules.WrittenFiles(name, unit);
        foreach (var (name, unit) in host.Units)
            rules.Unit(name, unit);
        foreach (var cycle in Graph.Cycles(rules.after))
            report.Key($"these units wait for one another in a circle: {string.Join(" → ", cycle)} → {cycle[0]}", "units", cycle[0], "after");
    }

    private void Declare(IEnumerable<string>? names, Func<string, string> idOf)
    {
        foreach (var name in names ?? [])
            ids.Add(idOf(name));
    }

    private void Unit(string name, UnitSection unit)
    {
        if (NameError(name) is { } error)
            report.Key(error, "units", name);
        if (name.Contains("@.") && unit.Running is not null)
            report.Key($"{name} is a template: its instances run, e.g. {name.Replace("@.", "@one.", StringComparison.Ordinal)}", "units", name, "running");
        if (unit.Content is not null)
            SecretRules.References(unit.Content, host, report, "units", name, "content");
        for (var i = 0; i < unit.Loads?.Count; i++)
        {
            if (unit.Loads[i] is { } path && Names.PathError(path) is { } pathError)
                report.Value(pathError, "units", name, "loads", $"{i}");
        }

        LoadedOptions(name, unit);
        HungAfter(name, unit);
        for (var i = 0; i < unit.After?.Count; i++)
        {
            if (unit.After[i] is { } id)
                After(name, id, $"{i}");
        }
    }

    /// <summary>Keys that say more about loaded files make no sense without one.</summary>
    private void LoadedOptions(string name, UnitSection unit)
    {
        if (unit is { Mutable.Count: > 0, Loads: null or { Count: 0 } })
            report.Key("options of which files? name those under loads", "units", name, "mutable");
        if (unit is { Asks: not null, Loads: null or { Count: 0 } })
            report.Key("asked about which files? name those under loads", "units", name, "asks");
        for (var i = 0; i < unit.Mutable?.Count; i++)
        {
            if (unit.Mutable[i] is { } option && OptionNames.Error(option) is { } error)
                report.Value(error, "units", name, "mutable", $"{i}");
        }
    }

    private void HungAfter(string name, UnitSection unit)
    {
        if (unit.HungAfter is not { } seconds)
            return;
        if (seconds is < UnitSpec.ShortestHang or > UnitSpec.LongestHang)
            report.Value($"{seconds} is out of range: hungAfter is {UnitSpec.ShortestHang} to {UnitSpec.LongestHang} seconds", "units", name, "hungAfter");
        if (!name.EndsWith(".service", StringComparison.Ordinal) || name.Contains("@."))
            report.Key($"{name} has no process of its own that could hang; only a service has", "units", name, "hungAfter");
        else if (unit.Running is null)
            report.Key("what need not run cannot hang; say `running: true` too", "units", name, "hungAfter");
    }

    private static string? NameError(string name)
    {
        var dot = name.LastIndexOf('.');
        var suffix = dot < 0 ? "" : name[dot..];
        if (Array.IndexOf(Suffixes, suffix) < 0)
        {
            var hint = Spelling.Closest(suffix, Suffixes) is { } meant && dot > 0 ? name[..dot] + meant : name + ".service";
            return $"\"{name}\" lacks a suffix of a unit ({string.Join(", ", Suffixes)}); did you mean \"{hint}\"?";
        }

        return dot is > 0 and <= 255 && name[0] is not ('-' or '.') && Names.HasOnly(name, ":-_.\\@") ? null : $"\"{name}\" is no unit name: letters, digits and : - _ . \\ @";
    }

    /// <summary>The unit file and the drop-ins that this unit's keys write must not be described under files too.</summary>
    private void WrittenFiles(string unit, UnitSection section)
    {
        if (section.Content is not null)
            Written(UnitFolder + unit, "units", unit, "content");
        foreach (var (name, content) in section.DropIns ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            if (name.EndsWith(".conf", StringComparison.Ordinal))
                report.Key($"leave .conf away: the drop-in \"{name[..^5]}\" becomes {UnitFolder}{unit}.d/{name}", "units", unit, "dropIns", name);
            else if (name.Length == 0 || name[0] is '.' or '-' || !Names.HasOnly(name, "_.-"))
                report.Key($"\"{name}\" is no name of a drop-in: letters, digits, '_', '-' and '.'", "units", unit, "dropIns", name);
            else
                Written($"{UnitFolder}{unit}.d/{name}.conf", "units", unit, "dropIns", name);
            SecretRules.References(content, host, report, "units", unit, "dropIns", name);
        }
    }

    private void Written(string path, params ReadOnlySpan<string> keys)
    {
        if (!ids.Add(FileSpec.IdOf(path)))
            report.Key($"this writes {path}, which is described under files too ({report.PlaceOf("files", path)})", keys);
    }

    private void After(string unit, string id, string position)
    {
        var colon = id.IndexOf(':');
        var kind = colon < 0 ? "" : id[..colon];
        string[] keys = ["units", unit, "after", position];
        if (kind is not ("module" or "link" or "file" or "package" or "unit"))
            report.Value($"\"{id}\" is no id; ids begin with module:, link:, file:, package: or unit:", keys);
        else if (id == UnitSpec.IdOf(unit))
            report.Value("a unit does not wait for itself", keys);
        else if (ids.Contains(id))
            Wait(unit, id);
        else if (!report.IsDamaged(kind + "s"))
            report.Value($"this host has no {kind} \"{id[(colon + 1)..]}\"{Spelling.Hint(id, ids)}", keys);
    }

    private void Wait(string unit, string id)
    {
        if (!id.StartsWith("unit:", StringComparison.Ordinal))
            return;
        if (!after.TryGetValue(unit, out var names))
            after.Add(unit, names = []);
        names.Add(id["unit:".Length..]);
    }
}
