namespace Cloudlet.DesiredState.Kinds.Packages;

/// <summary>A package of the distribution.</summary>
public sealed record PackageSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "package";

    /// <summary>The id of the package <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Package name.</summary>
    public required string Name { get; init; }

    /// <summary>True: installed; false: not installed.</summary>
    public bool? Installed { get; init; }

    /// <summary>The exact version, or null for any.</summary>
    public string? Version { get; init; }
}
