using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Modules;

/// <summary>Rules for kernel modules.</summary>
internal static class ModuleRules
{
    public static void Check(HostSection host, HostReport report)
    {
        var after = new AfterRules(host, report);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, module) in host.Modules ?? new Dictionary<string, ModuleSection?>(StringComparer.Ordinal))
        {
            var normal = name.Replace('-', '_');
            if (!Names.IsModule(name))
                report.Key($"\"{name}\" is not a valid kernel module name: letters, digits, '_' and '-'", "modules", name);
            else if (!seen.TryAdd(normal, name))
                report.Key($"\"{seen[normal]}\" is the same module ({report.PlaceOf("modules", seen[normal])})", "modules", name);
            foreach (var (option, value) in module?.Options ?? new Dictionary<string, string>(StringComparer.Ordinal))
                Option(name, option, value, report);
            after.Check(ModuleSpec.IdOf(name), module?.After, "modules", name);
        }
    }

    private static void Option(string module, string option, string? value, HostReport report)
    {
        if (option.Length == 0 || !Names.HasOnly(option, "_-."))
            report.Key($"\"{option}\" is not a valid module option name", "modules", module, "options", option);
        foreach (var c in value ?? "")
        {
            if (c is not ('"' or '#' or '\\') && !char.IsControl(c))
                continue;
            report.Value("a module option cannot contain quotes, '#', '\\' or line breaks", "modules", module, "options", option);
            return;
        }
    }
}
