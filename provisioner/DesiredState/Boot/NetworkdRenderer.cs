using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Boot;

/// <summary>
/// systemd-networkd (keys of version 252 and later). Links that we create are described by their own .netdev and .network files. An
/// existing link keeps its .network file, whichever that is: a small service adds what the description says.
/// docs/guides/links.md gives the reasons.
/// </summary>
internal sealed class NetworkdRenderer : IBootRenderer
{
    private const string Service = "systemd-networkd.service";
    private readonly EmbeddedTemplates _templates = new("boot");

    public BootConfiguration Render(BootHost host)
    {
        if (host.Links.Count == 0)
            return BootConfiguration.Empty;

        var links = new Links(host);
        var files = new List<BootFile>();
        var units = new List<UnitSpec>();
        if (links.Created.Count > 0)
        {
            files.AddRange(Common());
            foreach (var link in links.Created)
                files.AddRange(FilesOf(link, links));
            units.Add(Networkd(files, links.Created));
        }

        foreach (var link in links.OfService)
        {
            var path = $"{BootFiles.UnitFolder}/cloudlet-link-{link.Link.Name}.service";
            files.Add(new BootFile(BootFiles.Text(path, _templates.Render("link.service", links.Model(link))), link.Link.Name));
            units.Add(LinkService(Path.GetFileName(path), path));
        }

        if (links.Created.Any(l => l.RequiredForOnline))
            units.Add(WaitOnline(files));
        return new BootConfiguration(files, units);
    }

    private IEnumerable<BootFile> Common()
    {
        yield return new BootFile(BootFiles.Folder("/etc/systemd/networkd.conf.d"));
        yield return new BootFile(BootFiles.Text("/etc/systemd/networkd.conf.d/50-cloudlet.conf", _templates.Render("networkd.conf", [])));

        // Lower numbers win: ours (05) before those of agents, and these before catch-all files such as "every Ethernet link".
        yield return new BootFile(
            BootFiles.Text($"{BootFiles.NetworkdFolder}/06-cloudlet-unmanaged.network", _templates.Render("unmanaged.network", []))
        );

        // `systemctl enable` would also enable systemd-networkd-wait-online, which then delays network-online.target by two minutes when no
        // link is required for it. This symbolic link enables only the service.
        yield return new BootFile(
            BootFiles.Symlink($"{BootFiles.UnitFolder}/multi-user.target.wants/{Service}", $"/lib/systemd/system/{Service}")
        );
    }

    private IEnumerable<BootFile> FilesOf(BootLink boot, Links links)
    {
        var name = boot.Link.Name;
        var model = links.Model(boot);
        if (!links.IsMadeByService(boot.Link) && !IsSecondEnd(boot.Link, links))
            yield return File($"05-cloudlet-{name}.netdev", "networkd.netdev");
        yield return File($"05-cloudlet-{name}.network", "networkd.network");

        BootFile File(string file, string template) =>
            new(BootFiles.Text($"{BootFiles.NetworkdFolder}/{file}", _templates.Render(template, model)), name);
    }

    /// <summary>The .netdev of a veth creates both ends; a second one for the other end would request the same pair again.</summary>
    private static bool IsSecondEnd(LinkSpec link, Links links) =>
        link is { Kind: LinkKind.Veth, Peer: { } peer } && links.IsCreated(peer) && string.CompareOrdinal(peer, link.Name) < 0;

    private static UnitSpec Networkd(List<BootFile> files, IEnumerable<BootLink> links)
    {
        string[] loads =
        [
            .. files
                .Where(f => f.File.Kind == FileKind.File && f.File.Path.StartsWith(BootFiles.NetworkdFolder, StringComparison.Ordinal))
                .Select(f => f.File.Path),
        ];
        return new UnitSpec
        {
            Id = UnitSpec.IdOf(Service),
            Name = Service,
            Running = true,
            Configuration = UnitSpec.Current,
            Loads = loads,

            // A reload touches only links whose file changed; a restart would process every link of the host again.
            OnChange = OnChange.Reload,

            // Links first: networkd then finds them as described and has nothing to do.
            After = [.. files.Select(f => f.File.Id), .. links.Select(l => l.Link.Id)],
        };
    }

    private static UnitSpec LinkService(string name, string path) =>
        new()
        {
            Id = UnitSpec.IdOf(name),
            Name = name,
            Enabled = true,
            Definition = UnitSpec.Current,

            // Its own file makes it a unit of ours, which is removed when it is no longer described; it is for the next boot, so nothing is
            // restarted.
            Loads = [path],
            OnChange = OnChange.Nothing,
        };

    private static UnitSpec WaitOnline(List<BootFile> files) =>
        new()
        {
            Id = UnitSpec.IdOf("systemd-networkd-wait-online.service"),
            Name = "systemd-networkd-wait-online.service",
            Enabled = true,
            After = [.. files.Select(f => f.File.Id)],
        };

    /// <summary>The links of the host, and what creates each of them at boot.</summary>
    private sealed class Links(BootHost host)
    {
        private readonly LinkModel _models = new(host);

        public List<BootLink> Created { get; } =
        [.. host.Links.Where(l => LinkKinds.IsCreated(l.Link.Kind)).OrderBy(l => l.Link.Name, StringComparer.Ordinal)];

        /// <summary>
        /// Existing links, and links on top of one: networkd creates a stacked link only if the .network file of its parent, which is not
        /// ours, names it.
        /// </summary>
        public IEnumerable<BootLink> OfService =>
            host
                .Links.Where(l => !LinkKinds.IsCreated(l.Link.Kind) || IsMadeByService(l.Link))
                .OrderBy(l => l.Link.Name, StringComparer.Ordinal);

        public bool IsCreated(string name) => Created.Exists(l => l.Link.Name == name);

        public bool IsMadeByService(LinkSpec link) => link.Parent is { } parent && !IsCreated(parent);

        private static string[] WithMaster(LinkSpec link) => link.Master is { Length: > 0 } master ? [link.Name, master] : [link.Name];

        public ScriptObject Model(BootLink boot)
        {
            var model = _models.Of(boot);
            model["is_made_here"] = IsMadeByService(boot.Link);
            model["needs"] = new ScriptArray(IsMadeByService(boot.Link) ? [boot.Link.Parent!] : WithMaster(boot.Link));
            foreach (var kind in new[] { LinkKind.Vlan, LinkKind.Macvlan, LinkKind.Vxlan })
                model[$"{LinkKinds.NameOf(kind)}s"] = new ScriptArray(
                    Created.Where(l => l.Link.Kind == kind && l.Link.Parent == boot.Link.Name).Select(l => l.Link.Name)
                );
            return model;
        }
    }
}
