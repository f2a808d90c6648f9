using System.Text.Json.Serialization;

namespace Cloudlet.Explain.Exhibits;

/// <summary>Limits of a bundle. Checked before memory is allocated: bundles come from untrusted sources.</summary>
public static class BundleLimits
{
    /// <summary>Exhibits in a bundle.</summary>
    public const int Exhibits = 1024;

    /// <summary>Characters of an exhibit's text.</summary>
    public const int Text = 256 * 1024;

    /// <summary>Characters of an id.</summary>
    public const int Id = 512;

    /// <summary>Characters of any other property.</summary>
    public const int Words = 4096;

    /// <summary>Bytes of a line: a text with every character written as <c>\uXXXX</c>, and the rest.</summary>
    public const int Line = (6 * Text) + (64 * 1024);

    /// <summary>Bytes of a bundle.</summary>
    public const int Total = 32 * 1024 * 1024;
}

/// <summary>The first line of a bundle.</summary>
/// <param name="Format">Always <see cref="Name"/>.</param>
/// <param name="Version">Version of the format.</param>
/// <param name="Host">Name of the host that it was collected on.</param>
/// <param name="Collected">When, UTC by that host's clock.</param>
/// <param name="Program">Version of the program that collected it.</param>
public sealed record BundleHeader(
    [property: JsonRequired] string Format,
    [property: JsonRequired] int Version,
    [property: JsonRequired] string Host,
    [property: JsonRequired] DateTimeOffset Collected,
    [property: JsonRequired] string Program
)
{
    /// <summary>Value of <see cref="Format"/> in every bundle.</summary>
    public const string Name = "cloudlet-bundle";

    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>A header of the current version.</summary>
    public static BundleHeader Of(string host, DateTimeOffset collected, string program) =>
        new(Name, CurrentVersion, host, collected, program);
}

/// <summary>Everything that was collected about one host. docs/formats/bundle.md describes the file.</summary>
/// <param name="Header">Of which host, and when.</param>
/// <param name="Exhibits">The evidence, each id once.</param>
public sealed record Bundle(BundleHeader Header, IReadOnlyList<Exhibit> Exhibits)
{
    private readonly Dictionary<string, Exhibit> _byId = Exhibits.ToDictionary(e => e.Id, StringComparer.Ordinal);

    /// <summary>The exhibit of that id, or null.</summary>
    public Exhibit? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Exhibits whose id has the prefix, in the order of collection.</summary>
    public IEnumerable<Exhibit> StartingWith(string prefix) => Exhibits.Where(e => e.Id.StartsWith(prefix, StringComparison.Ordinal));
}
