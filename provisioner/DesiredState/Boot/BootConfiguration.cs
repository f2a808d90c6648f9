using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.DesiredState.Boot;

/// <summary>A link as the boot configuration needs it.</summary>
/// <param name="Link">What the link should be.</param>
/// <param name="RequiredForOnline">The boot waits for it before the host counts as online.</param>
public sealed record BootLink(LinkSpec Link, bool RequiredForOnline);

/// <summary>What boot configuration is rendered from.</summary>
/// <param name="Name">Name of the host in its site.</param>
/// <param name="Links">All its links.</param>
public sealed record BootHost(string Name, IReadOnlyList<BootLink> Links);

/// <summary>A file of the boot configuration.</summary>
/// <param name="File">The file.</param>
/// <param name="Link">The one link it is for; null: for all.</param>
public sealed record BootFile(FileSpec File, string? Link = null);

/// <summary>What a host needs on disk so that its distribution makes the links at boot.</summary>
/// <param name="Files">Files, folders and symbolic links.</param>
/// <param name="Units">Units that apply them.</param>
public sealed record BootConfiguration(IReadOnlyList<BootFile> Files, IReadOnlyList<UnitSpec> Units)
{
    /// <summary>Nothing.</summary>
    public static BootConfiguration Empty { get; } = new([], []);

    /// <summary>Ids of the files that have to be written before the link is touched.</summary>
    public IEnumerable<string> FilesOf(string link) => Files.Where(f => f.Link is null || f.Link == link).Select(f => f.File.Id);
}

/// <summary>Writes links as boot configuration of one program: systemd-networkd, ifupdown; NetworkManager and netplan would be one class each.</summary>
public interface IBootRenderer
{
    /// <summary>The configuration of a host. Pure; the order of links, addresses and routes does not matter.</summary>
    BootConfiguration Render(BootHost host);
}
