using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Packages;

/// <summary>Rules for packages of the distribution.</summary>
internal static class PackageRules
{
    public static void Check(HostSection host, HostReport report)
    {
        var after = new AfterRules(host, report);
        foreach (var (name, package) in host.Packages ?? new Dictionary<string, PackageSection?>(StringComparer.Ordinal))
        {
            if (!Names.IsPackage(name))
                report.Key(
                    $"\"{name}\" is not a valid package name: at least two lower-case letters, digits, '+', '-' and '.', first a "
                        + "letter or digit",
                    "packages",
                    name
                );
            if (package?.Version is { } version && !Names.IsPackageVersion(version))
                report.Value(
                    $"\"{version}\" is not a valid package version; it begins with a digit, e.g. 3:26.2.2-1",
                    "packages",
                    name,
                    "version"
                );
            if (package is { Installed: false, Version: not null })
                report.Key("a version is only valid for an installed package", "packages", name, "version");
            after.Check(PackageSpec.IdOf(name), package?.After, "packages", name);
        }
    }
}
