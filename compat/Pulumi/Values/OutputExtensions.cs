using System.Collections.Immutable;

namespace Pulumi;

/// <summary>Access to outputs of lists.</summary>
public static class OutputExtensions
{
    /// <summary>One item of a list.</summary>
    public static Output<T> GetAt<T>(this Output<ImmutableArray<T>> array, Input<int> index) =>
        Output.Tuple(array, index.ToOutput()).Apply(static v => v.Item1[v.Item2]);

    /// <summary>The first item of a list.</summary>
    public static Output<T> First<T>(this Output<ImmutableArray<T>> array) => array.Apply(static items => items[0]);

    /// <summary>The number of items in a list.</summary>
    public static Output<int> Length<T>(this Output<ImmutableArray<T>> array) => array.Apply(static items => items.Length);
}
