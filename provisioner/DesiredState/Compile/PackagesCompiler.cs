using Cloudlet.DesiredState.Packages;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Compile;

/// <summary>Packages: installed unless the description says otherwise.</summary>
internal static class PackagesCompiler
{
    public static IEnumerable<ResourceSpec> Compile(IReadOnlyDictionary<string, PackageSection?>? packages)
    {
        foreach (var (name, section) in packages ?? new Dictionary<string, PackageSection?>())
            yield return new PackageSpec { Id = PackageSpec.IdOf(name), Name = name, Installed = section?.Installed ?? true, Version = section?.Version };
    }
}
