namespace Cloudlet.DesiredState.Kinds.Packages;

/// <summary>Packages: installed unless described otherwise.</summary>
internal static class PackagesCompiler
{
    public static IEnumerable<ResourceSpec> Compile(IReadOnlyDictionary<string, PackageSection?>? packages)
    {
        foreach (var (name, section) in packages ?? new Dictionary<string, PackageSection?>())
            yield return new PackageSpec
            {
                Id = PackageSpec.IdOf(name),
                Name = name,
                Installed = section?.Installed ?? true,
                Version = section?.Version,
                After = section?.After ?? [],
            };
    }
}
