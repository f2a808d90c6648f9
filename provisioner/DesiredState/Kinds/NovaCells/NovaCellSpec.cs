using Cloudlet.DesiredState.Kinds.Schemas;

namespace Cloudlet.DesiredState.Kinds.NovaCells;

/// <summary>A cell in Nova's API database: where its own database and its message broker are.</summary>
public sealed record NovaCellSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = SchemaProject.Cells;

    /// <summary>The cell that holds servers which no host could take.</summary>
    public const string Zero = "cell0";

    /// <summary>The id of the cell <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of the cell.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the API database.</summary>
    public required string ApiDatabase { get; init; }

    /// <summary>URL of its database, as a template that nova.conf completes. Observed: without a password.</summary>
    public string? Connection { get; init; }

    /// <summary>URL of its message broker, as a template that nova.conf completes. Observed: without a password.</summary>
    public string? Transport { get; init; }

    /// <summary>True when no server may be made in it.</summary>
    public bool? Disabled { get; init; }
}
