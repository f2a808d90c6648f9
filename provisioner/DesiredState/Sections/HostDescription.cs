namespace Cloudlet.DesiredState.Sections;

/// <summary>
/// Input for compiling a host: its section, valid and with all defaults merged, and the mapping back to its files. A program that declares
/// hosts without site files creates one directly.
/// </summary>
/// <param name="Name">Name of the host in its site.</param>
/// <param name="Section">The description of the host.</param>
public sealed record HostDescription(string Name, HostSection Section)
{
    /// <summary>True for a network namespace: only its links are compiled, and no boot configuration is written.</summary>
    public bool LinksOnly { get; init; }

    /// <summary>Makes a problem from a message and the keys, from the host downwards, of the property it is about.</summary>
    public required Func<string, string[], Problem> ProblemAt { get; init; }

    /// <summary>Reads the text of a template by its path in the section; null when the file does not exist.</summary>
    public required Func<string, string?> ReadTemplate { get; init; }
}

/// <summary>A compiled host: its state, or its problems.</summary>
/// <param name="State">The desired state; null when there are problems.</param>
/// <param name="Problems">All problems.</param>
public sealed record CompiledHost(HostState? State, IReadOnlyList<Problem> Problems);
