namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Kernel modules and packages.</summary>
internal static class SoftwareRules
{
    public static void Check(HostSection host, HostReport report)
    {
        Modules(host, report);
        Packages(host, report);
    }

    private static void Modules(HostSection host, HostReport report)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, module) in host.Modules ?? new Dictionary<string, ModuleSection?>(StringComparer.Ordinal))
        {
            var normal = name.Replace('-', '_');
            if (!Names.IsModule(name))
                report.Key($"\"{name}\" is no name of a kernel module: letters, digits, '_' and '-'", "modules", name);
            else if (!seen.TryAdd(normal, name))
                report.Key($"\"{seen[normal]}\" is the same module ({report.PlaceOf("modules", seen[normal])})", "modules", name);
            foreach (var (option, value) in module?.Options ?? new Dictionary<string, string>(StringComparer.Ordinal))
                Option(name, option, value, report);
        }
    }

    private static void Option(string module, string option, string? value, HostReport report)
    {
        if (option.Length == 0 || !Names.HasOnly(option, "_-."))
            report.Key($"\"{option}\" is no name of a module option", "modules", module, "options", option);
        foreach (var c in value ?? "")
        {
            if (c is not ('"' or '#') && !char.IsControl(c))
                continue;
            report.Value("a module option has no quotes, '#' or line breaks", "modules", module, "options", option);
            return;
        }
    }

    private static void Packages(HostSection host, HostReport report)
    {
        foreach (var (name, package) in host.Packages ?? new Dictionary<string, PackageSection?>(StringComparer.Ordinal))
        {
            if (!Names.IsPackage(name))
                report.Key($"\"{name}\" is no package name: at least two lower-case letters, digits, '+', '-' and '.', first a letter or digit", "packages", name);
            if (package?.Version is { } version && !Names.IsPackageVersion(version))
                report.Value($"\"{version}\" is no package version; it begins with a digit, e.g. 3:26.2.2-1", "packages", name, "version");
            if (package is { Installed: false, Version: not null })
                report.Key("a package that is not to be installed has no version", "packages", name, "version");
        }
    }
}
