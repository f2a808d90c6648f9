using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Boot;

/// <summary>
/// ifupdown (0.8 and later): one file in /etc/network/interfaces.d, which Debian's own /etc/network/interfaces sources. It is one file
/// for all links, because ifupdown brings links up in file order, and a bridge must come before its ports; its name has only characters
/// every way of including it accepts.
/// </summary>
internal sealed class IfupdownRenderer : IBootRenderer
{
    private const string Path = "/etc/network/interfaces.d/50-cloudlet";
    private const string Service = "networking.service";
    private readonly EmbeddedTemplates _templates = new("boot");

    public BootConfiguration Render(BootHost host)
    {
        if (host.Links.Count == 0)
            return BootConfiguration.Empty;

        var models = new LinkModel(host);
        var values = new ScriptObject { ["links"] = new ScriptArray(InOrder(host.Links).Select(models.Of)) };
        var file = BootFiles.Text(Path, _templates.Render("ifupdown", values));
        return new BootConfiguration([new BootFile(file)], [Networking(file.Id)]);
    }

    // Not `running`: a start would bring up every link in the host's own files, which is not requested; our links are applied directly.
    private static UnitSpec Networking(string after) =>
        new()
        {
            Id = UnitSpec.IdOf(Service),
            Name = Service,
            Enabled = true,
            After = [after],
        };

    /// <summary>
    /// Every link after its parent, its master and the first end of its veth pair; otherwise by name. A bridge that takes over a card comes
    /// after the card, because the card's stanza must run first.
    /// </summary>
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
            string[] before =
            [
                .. link.Link.After.Where(id => link.Link.Yields != true || id != LinkSpec.IdOf(link.Link.Master!)),
                .. (link.Link.TakesOver ?? []).Select(LinkSpec.IdOf),
            ];
            foreach (var needed in before.Order(StringComparer.Ordinal))
            {
                if (byId.TryGetValue(needed, out var first))
                    Place(first);
            }

            ordered.Add(link);
        }
    }
}
