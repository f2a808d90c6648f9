using System.Text.Json;

namespace Cloudlet.DesiredState.Site;

/// <summary>A site as its files say it, merged and without a problem in itself.</summary>
/// <param name="Name">Name of the site, or null when the files give none.</param>
/// <param name="Hosts">The hosts, by name.</param>
public sealed record LoadedSite(string? Name, IReadOnlyList<SiteHost> Hosts);

/// <summary>A host with everything it inherits. Its section is valid, so that a compiler need not look for the mistakes again.</summary>
public sealed class SiteHost
{
    private readonly HostTree tree;

    internal SiteHost(HostTree tree, HostReach reach, HostSection section, HostSection described)
    {
        this.tree = tree;
        Reach = reach;
        Section = section;
        Described = described;
    }

    /// <summary>Its name.</summary>
    public string Name => tree.Name;

    /// <summary>How it is reached.</summary>
    public HostReach Reach { get; }

    /// <summary>
    /// What it should be, defaults merged and its role written out (<see cref="HostSection.Nova"/> is null then). <see cref="FileSection.Template"/> is resolved against the folder of the file it stands in: <see cref="ISiteFiles.ReadText"/> takes it as it is.
    /// </summary>
    public HostSection Section { get; }

    /// <summary>
    /// What it should be as the files say it: <see cref="Section"/> with the role still a role. The role is written out here too where the files take something out of it: a section alone cannot say "none of this".
    /// </summary>
    public HostSection Described { get; }

    /// <summary><see cref="Described"/> as JSON with the keys of a site file. It is what somebody else can make the same host of, given the templates.</summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(Described, SiteJson.Default.HostSection);

    /// <summary>A problem at a key of the section, e.g. <c>host.ProblemAt("…", "files", "/etc/motd", "template")</c>; items of a list are named by their position from 0.</summary>
    /// <param name="message">What is wrong and what would be right.</param>
    /// <param name="keys">The way to the key. Where the files do not go that far, the place is that of the last key they have.</param>
    public Problem ProblemAt(string message, params ReadOnlySpan<string> keys)
    {
        var location = tree.Find(keys);
        return new Problem(location.Value, location.Path, message);
    }

    /// <summary>Where a value of the section stands.</summary>
    /// <param name="keys">The way to it, as <see cref="ProblemAt"/> takes it.</param>
    public SourcePlace PlaceOf(params ReadOnlySpan<string> keys) => tree.Find(keys).Value;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Reach})";
}
