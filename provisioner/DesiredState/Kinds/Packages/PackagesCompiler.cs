using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Packages;

/// <summary>Packages: installed unless described otherwise, and after the files that their scripts must find.</summary>
internal static class PackagesCompiler
{
    public static IEnumerable<ResourceSpec> Compile(HostSection host)
    {
        string[] early = [.. ISection.All.SelectMany(section => section.BeforePackages(host))];
        foreach (var (name, section) in host.Packages ?? new Dictionary<string, PackageSection?>())
            yield return new PackageSpec
            {
                Id = PackageSpec.IdOf(name),
                Name = name,
                Installed = section?.Installed ?? true,
                Version = section?.Version,
                After = [.. early, .. section?.After ?? []],
            };
    }
}
