using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Compile;

/// <summary>
/// What a host is compiled from: its section with all defaults merged and valid in itself, and the ways back to the files it came from. A program that declares hosts without site files
/// makes one by hand.
/// </summary>
/// <param name="Name">Name of the host in its site.</param>
/// <param name="Section">What the host should be.</param>
public sealed record HostDescription(string Name, HostSection Section)
{
    /// <summary>True for a network namespace: only its links are compiled, and nothing is written for a boot.</summary>
    public bool LinksOnly { get; init; }

    /// <summary>Makes the problem of a message and the keys, from the host downwards, of the property it is about.</summary>
    public required Func<string, string[], Problem> ProblemAt { get; init; }

    /// <summary>Reads the text of a template by the path that the section has; null when there is no such file.</summary>
    public required Func<string, string?> ReadTemplate { get; init; }

    /// <summary>The description of a loaded host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="files">Where its templates are read from.</param>
    public static HostDescription Of(SiteHost host, ISiteFiles files) => new(host.Name, host.Section)
    {
        LinksOnly = host.Reach is NamespaceReach,
        ProblemAt = (message, keys) => host.ProblemAt(message, keys),
        ReadTemplate = files.ReadText,
    };
}

/// <summary>A host after compiling: its state, or what is wrong.</summary>
/// <param name="State">The desired state; null when there are problems.</param>
/// <param name="Problems">Everything that is wrong.</param>
public sealed record CompiledHost(HostState? State, IReadOnlyList<Problem> Problems);
