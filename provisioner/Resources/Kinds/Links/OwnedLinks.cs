using System.Text;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>Finds the links that our boot files create: this identifies our links when no records are left.</summary>
internal static class OwnedLinks
{
    private const string NetworkdFolder = "/etc/systemd/network";
    private const string IfupdownFolder = "/etc/network/interfaces.d";
    private const string UnitFolder = "/etc/systemd/system";

    /// <summary>
    /// Names of the links that our files create. A file that only configures a link (no .netdev, no command that creates it) does not
    /// make it ours.
    /// </summary>
    public static IReadOnlySet<string> NamesIn(IHostFiles files)
    {
        var names = new HashSet<string>();
        foreach (var (path, name) in Ours(files, NetworkdFolder))
            if (name.EndsWith(".netdev", StringComparison.Ordinal))
                names.UnionWith(Words(files, path, "Name="));
        foreach (var (path, _) in Ours(files, IfupdownFolder).Concat(Ours(files, UnitFolder)))
            names.UnionWith([.. Words(files, path, "ip link add name "), .. Words(files, path, "ip tuntap add dev ")]);
        return names;
    }

    private static IEnumerable<(string Path, string Name)> Ours(IHostFiles files, string folder) =>
        files.List(folder).Where(IsOurs).Select(name => ($"{folder}/{name}", name));

    /// <summary><c>05-cloudlet-lan0.netdev</c>, <c>50-cloudlet</c>, <c>cloudlet-link-lan0.service</c>.</summary>
    private static bool IsOurs(string name) =>
        name.StartsWith("05-cloudlet-", StringComparison.Ordinal)
        || name.StartsWith("50-cloudlet", StringComparison.Ordinal)
        || name.StartsWith("cloudlet-link-", StringComparison.Ordinal);

    /// <summary>
    /// The word after each <paramref name="start"/> of a file; of a .netdev only the first, which is the link itself and not its peer.
    /// </summary>
    private static List<string> Words(IHostFiles files, string path, string start)
    {
        var words = new List<string>();
        var text = files.Read(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : "";
        for (
            var at = text.IndexOf(start, StringComparison.Ordinal);
            at >= 0;
            at = text.IndexOf(start, at + start.Length, StringComparison.Ordinal)
        )
        {
            var rest = text.AsSpan(at + start.Length);
            var end = rest.IndexOfAny(' ', '\n', '\r');
            words.Add((end < 0 ? rest : rest[..end]).ToString());
            if (start == "Name=")
                break;
        }

        return words;
    }
}
