using Cloudlet.Errors;

namespace Cloudlet.Check.Guests;

/// <summary>Which modules a kernel needs for the guest, in the order in which they are loaded.</summary>
internal static class ModuleOrder
{
    /// <summary>The network card and its bus, without which the check makes no sense.</summary>
    public static IReadOnlyList<string> Needed { get; } = ["virtio_pci", "virtio_net"];

    /// <summary>Loaded where the kernel has them: sockets of DHCP's client, and the disk.</summary>
    public static IReadOnlyList<string> Useful { get; } = ["af_packet", "virtio_mmio", "virtio_blk"];

    /// <summary>Paths of the modules below their folder, each after those that it depends on.</summary>
    /// <param name="dependencies">Content of modules.dep: <c>PATH: PATH PATH…</c>.</param>
    /// <param name="builtIn">Content of modules.builtin: a path per line.</param>
    /// <exception cref="CloudletException">NotFound: the kernel lacks a needed one.</exception>
    public static IReadOnlyList<string> Of(string dependencies, string builtIn)
    {
        var lines = Parse(dependencies);
        var byName = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in lines.Keys)
            byName[NameOf(path)] = path;
        var inKernel = builtIn.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(NameOf).ToHashSet(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (var name in Needed.Concat(Useful))
            if (byName.TryGetValue(name, out var path))
                Add(path, lines, order, []);
            else if (Needed.Contains(name) && !inKernel.Contains(name))
                throw new CloudletException(
                    ErrorKind.NotFound,
                    $"the kernel for the guest has no module {name}, built in or as a file; use an image of the cloud: --image NAME"
                );
        return order;
    }

    /// <summary>Name of a module, which its file may write with dashes: <c>kernel/drivers/net/virtio_net.ko.xz</c>.</summary>
    public static string NameOf(string path)
    {
        var file = path[(path.LastIndexOf('/') + 1)..];
        var end = file.IndexOf(".ko", StringComparison.Ordinal);
        return (end < 0 ? file : file[..end]).Replace('-', '_');
    }

    private static Dictionary<string, string[]> Parse(string dependencies)
    {
        var lines = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var line in dependencies.Split('\n'))
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                lines[line[..colon].Trim()] = line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return lines;
    }

    /// <summary>modules.dep lists all dependencies, the nearest first; a circle in a damaged file ends here too.</summary>
    private static void Add(string path, Dictionary<string, string[]> lines, List<string> order, HashSet<string> above)
    {
        if (order.Contains(path) || !above.Add(path))
            return;
        foreach (var needed in lines.GetValueOrDefault(path, []))
            Add(needed, lines, order, above);
        order.Add(path);
    }
}
