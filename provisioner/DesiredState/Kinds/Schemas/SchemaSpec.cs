namespace Cloudlet.DesiredState.Kinds.Schemas;

/// <summary>The tables of a service, as its installed release expects them.</summary>
public sealed record SchemaSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "schema";

    /// <summary>The value of <see cref="Version"/> when every database has the tables of the installed release.</summary>
    public const string Current = "current";

    /// <summary>Beginning of <see cref="Version"/> when some databases have no tables yet, and the others are current.</summary>
    public const string Empty = "empty: ";

    /// <summary>The id of the schema <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of the schema in the site.</summary>
    public required string Name { get; init; }

    /// <summary>The service: the name of a <see cref="SchemaProject"/>.</summary>
    public required string Project { get; init; }

    /// <summary>Its databases; its configuration must name the same.</summary>
    public IReadOnlyList<string>? Databases { get; init; }

    /// <summary><see cref="Current"/>, or what a database has instead.</summary>
    public string? Version { get; init; }
}
