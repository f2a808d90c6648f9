using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Units;

namespace Cloudlet.DesiredState.Boot;

/// <summary>Input for the boot configuration.</summary>
/// <param name="Name">Name of the host in its site.</param>
/// <param name="Links">All its links.</param>
public sealed record BootHost(string Name, IReadOnlyList<BootLink> Links);

/// <summary>A file of the boot configuration.</summary>
/// <param name="File">The file.</param>
/// <param name="Link">The only link it is for; null: for all.</param>
public sealed record BootFile(FileSpec File, string? Link = null);

/// <summary>Files and units with which the distribution creates the links at boot.</summary>
/// <param name="Files">Files, folders and symbolic links.</param>
/// <param name="Units">Units that apply them.</param>
public sealed record BootConfiguration(IReadOnlyList<BootFile> Files, IReadOnlyList<UnitSpec> Units)
{
    /// <summary>An empty configuration.</summary>
    public static BootConfiguration Empty { get; } = new([], []);

    /// <summary>Ids of the files that must be written before the link is touched.</summary>
    public IEnumerable<string> FilesOf(string link) => Files.Where(f => f.Link is null || f.Link == link).Select(f => f.File.Id);
}

/// <summary>
/// Writes links as boot configuration for one program: systemd-networkd or ifupdown; NetworkManager and netplan would be one class each.
/// </summary>
public interface IBootRenderer
{
    /// <summary>The configuration of a host. Pure; the order of links, addresses and routes does not matter.</summary>
    BootConfiguration Render(BootHost host);
}
