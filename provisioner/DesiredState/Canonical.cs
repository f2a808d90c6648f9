namespace Cloudlet.DesiredState;

/// <summary>Sorts the sets of a spec, so that specs with equal meaning have equal bytes.</summary>
internal static class Canonical
{
    public static ResourceSpec Sort(ResourceSpec spec) =>
        KindDescriptors.Of(spec).Sort(spec with { After = Set(spec.After), Watches = Set(spec.Watches) });

    /// <summary>A set in canonical order, without duplicates.</summary>
    public static string[] Set(IReadOnlyList<string> values) => [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
