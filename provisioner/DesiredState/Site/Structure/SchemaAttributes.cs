namespace Cloudlet.DesiredState.Site.Structure;

/// <summary>Bounds of a number, for the JSON Schema; the checks of meaning read the same constants.</summary>
/// <param name="min">Smallest value.</param>
/// <param name="max">Largest value.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SchemaRangeAttribute(int min, int max) : Attribute
{
    public int Min { get; } = min;

    public int Max { get; } = max;
}

/// <summary>A regular expression that a text, or every item of a list of texts, matches: what an editor can check; the loader checks more.</summary>
/// <param name="pattern">ECMA-262 regular expression.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SchemaPatternAttribute(string pattern) : Attribute
{
    public string Pattern { get; } = pattern;
}

/// <summary>A regular expression that the names of a map match.</summary>
/// <param name="pattern">ECMA-262 regular expression.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SchemaNamesAttribute(string pattern) : Attribute
{
    public string Pattern { get; } = pattern;
}
