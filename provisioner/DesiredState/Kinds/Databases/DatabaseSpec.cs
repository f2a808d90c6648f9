namespace Cloudlet.DesiredState.Kinds.Databases;

/// <summary>A database of the host's MariaDB. It is created and changed, and never dropped.</summary>
public sealed record DatabaseSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "database";

    /// <summary>The id of the database <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of the database.</summary>
    public required string Name { get; init; }

    /// <summary>Default character set of new tables; null: the server's default.</summary>
    public string? Charset { get; init; }

    /// <summary>Default collation of new tables; null: that of the character set.</summary>
    public string? Collation { get; init; }
}
