using System.Text.Json;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Site;

/// <summary>A site as its files describe it, merged and valid.</summary>
/// <param name="Name">Name of the site, or null when the files give none.</param>
/// <param name="Hosts">The hosts, by name.</param>
public sealed record LoadedSite(string? Name, IReadOnlyList<SiteHost> Hosts);

/// <summary>A host with all inherited values. Its section is valid, so a compiler need not check it again.</summary>
public sealed class SiteHost
{
    private readonly HostTree _tree;

    internal SiteHost(HostTree tree, HostReach reach, HostSection section, HostSection described)
    {
        _tree = tree;
        Reach = reach;
        Section = section;
        Described = described;
    }

    /// <summary>Its name.</summary>
    public string Name => _tree.Name;

    /// <summary>How it is reached.</summary>
    public HostReach Reach { get; }

    /// <summary>
    /// Its description, with defaults merged and its role expanded (<see cref="HostSection.Nova"/> and
    /// <see cref="HostSection.OpenStack"/> are null then).
    /// <see cref="FileSection.Template"/> is resolved against the folder of its file: <see cref="ISiteFiles.ReadText"/> accepts
    /// it unchanged.
    /// </summary>
    public HostSection Section { get; }

    /// <summary>
    /// Its description as in the files: <see cref="Section"/> with the role unexpanded. The role is expanded here too if the files remove
    /// a part of it, because a section alone cannot express "none of this", and if it names another host of the site.
    /// </summary>
    public HostSection Described { get; }

    /// <summary>
    /// <see cref="Described"/> as JSON with the keys of a site file: with the templates, another program can create the same host from
    /// it.
    /// </summary>
    public JsonElement ToJson() => JsonSerializer.SerializeToElement(Described, SiteJson.Host);

    /// <summary>
    /// A problem at a key of the section, e.g. <c>host.ProblemAt("…", "files", "/etc/motd", "template")</c>; items of a list are named by
    /// their position from 0.
    /// </summary>
    /// <param name="message">The problem and the fix.</param>
    /// <param name="keys">The path to the key. If the files do not have all of it, the place is that of the last key they have.</param>
    public Problem ProblemAt(string message, params ReadOnlySpan<string> keys)
    {
        var location = _tree.Find(keys);
        return new Problem(location.Value, location.Path, message);
    }

    /// <summary>The place of a value of the section.</summary>
    /// <param name="keys">The path to it, as in <see cref="ProblemAt"/>.</param>
    public SourcePlace PlaceOf(params ReadOnlySpan<string> keys) => _tree.Find(keys).Value;

    /// <summary>A path of the section that is relative to the site file that has it, made relative to the working directory.</summary>
    /// <param name="path">The path; <c>.</c> is the folder of the site file.</param>
    /// <param name="keys">The path to the key that has it, as in <see cref="ProblemAt"/>.</param>
    public string PathBeside(string path, params ReadOnlySpan<string> keys) => SitePaths.Resolve(PlaceOf(keys).File, path);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Reach})";
}
