using Cloudlet.DesiredState;

namespace Cloudlet.Kinds.Tests.Mottos.DesiredState;

/// <summary>A line that a host keeps.</summary>
public sealed record MottoSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "motto";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The line.</summary>
    public string? Line { get; init; }

    /// <summary>Where a motto is.</summary>
    internal static string PathOf(string name) => $"/etc/mottos/{name}";
}
