using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Units;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Boot;

/// <summary>
/// ifupdown (0.8 and later): one file in /etc/network/interfaces.d, which Debian's own /etc/network/interfaces sources. One and not one a link, because ifupdown brings links up in the order
/// of the file, and a bridge has to come before its ports; its name has only characters that every way of including it accepts.
/// </summary>
internal sealed class IfupdownRenderer : IBootRenderer
{
    private const string Path = "/etc/network/interfaces.d/50-cloudlet";
    private const string Service = "networking.service";
    private readonly EmbeddedTemplates templates = new("boot");

    public BootConfiguration Render(BootHost host)
    {
        if (host.Links.Count == 0)
            return BootConfiguration.Empty;

        var models = new LinkModel(host);
        var values = new ScriptObject { ["links"] = new ScriptArray(InOrder(host.Links).Select(models.Of)) };
        var file = BootFiles.Text(Path, templates.Render("ifupdown", values));
        return new BootConfiguration([new BootFile(file)], [Networking(file.Id)]);
    }

    // Not `running`: a start would bring up every link that the host's own files name, which nobody asked for; ours are applied directly.
    private static UnitSpec Networking(string after) => new() { Id = UnitSpec.IdOf(Service), Name = Service, Enabled = true, After = [after] };

    /// <summary>Every link after its parent, its master and the first end of its cable; otherwise by name.</summary>
    private static List<BootLink> InOrder(IReadOnlyList<BootLink> links)
    {
        var byId = links.ToDictionary(l => l.Link.Id, StringComparer.Ordinal);
        var ordered = new List<BootLink>(links.Count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var link in links.OrderBy(l => l.Link.Name, StringComparer.Ordinal))
            Place(link);
        return ordered;

        void Place(BootLink link)
        {
            if (!seen.Add(link.Link.Id))
                return;
            foreach (var needed in link.Link.After.Order(StringComparer.Ordinal))
            {
                if (byId.TryGetValue(needed, out var first))
                    Place(first);
            }

            ordered.Add(link);
        }
    }
}
