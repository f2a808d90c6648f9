namespace Cloudlet.DesiredState.Sections;

/// <summary>Bounds of a number, for the JSON Schema; the loader checks the same constants.</summary>
/// <param name="min">Smallest value.</param>
/// <param name="max">Largest value.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SchemaRangeAttribute(int min, int max) : Attribute
{
    public int Min { get; } = min;

    public int Max { get; } = max;
}

/// <summary>
/// A regular expression for a text, or for every item of a list of texts: the part that an editor can check; the loader checks more.
/// </summary>
/// <param name="pattern">ECMA-262 regular expression.</param>
[AttributeUsage(AttributeTargets.Property)]
internal class SchemaPatternAttribute(string pattern) : Attribute
{
    public string Pattern { get; } = pattern;
}

/// <summary>Ids of resources that a site file describes.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SchemaIdsAttribute()
    : SchemaPatternAttribute($"^({string.Join('|', KindDescriptors.WithSection.Select(static k => k.Word))}):.+");

/// <summary>A value that is a text or a mapping; its type has a converter.</summary>
/// <param name="section">The record of the mapping.</param>
/// <param name="pattern">ECMA-262 regular expression for the text.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SchemaTextOrAttribute(Type section, string pattern) : Attribute
{
    public Type Section { get; } = section;

    public string Pattern { get; } = pattern;
}

/// <summary>A regular expression for the names of a map.</summary>
/// <param name="pattern">ECMA-262 regular expression.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SchemaNamesAttribute(string pattern) : Attribute
{
    public string Pattern { get; } = pattern;
}
