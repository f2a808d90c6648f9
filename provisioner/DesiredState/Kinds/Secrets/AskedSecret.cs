namespace Cloudlet.DesiredState.Kinds.Secrets;

/// <summary>A secret of a host whose value another host of its site needs.</summary>
/// <param name="Name">Its name.</param>
public sealed record AskedSecret(string Name)
{
    /// <summary>Absolute path of the operator's file; null: the value is made on the host.</summary>
    public string? Path { get; init; }

    /// <summary>Characters of a generated value, as described.</summary>
    public int? Length { get; init; }

    /// <summary>Version of a generated value, as described.</summary>
    public int? Version { get; init; }
}

/// <summary>Asks a host for the values of some of its secrets.</summary>
/// <param name="Asked">The secrets.</param>
public sealed record SecretsRequest(IReadOnlyList<AskedSecret> Asked)
{
    /// <summary>True for an apply: a value that is not there yet is made. A plan makes none.</summary>
    public bool Makes { get; init; }

    /// <summary>
    /// True when the host itself is a host of the same command, so that its own apply puts another value in place; else others get the
    /// value that it has now.
    /// </summary>
    public bool IsIncluded { get; init; }
}
