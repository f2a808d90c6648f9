using Cloudlet.Lab.Native;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Lab.Hosts;

/// <summary>Lab hosts that are named network namespaces.</summary>
internal static class NamespaceHost
{
    /// <summary>File of the namespace, as ip-netns(8) has it.</summary>
    public static string PathOf(string name) => $"/run/netns/{name}";

    /// <summary>The kernel's identity of the namespace (<c>net:[number]</c>), or null when there is no such namespace.</summary>
    public static string? Identity(string name) => MountTable.At(PathOf(name)) is { Type: "nsfs" } mount ? mount.Root : null;

    /// <summary>Makes the namespace with its loopback up and returns its identity. AlreadyExists when the name is taken.</summary>
    public static string Create(string name, Func<string?, IRouteNetlink> openLinks)
    {
        NetworkNamespaces.Create(name);
        try
        {
            const int Loopback = 1;
            using var links = openLinks(name);
            links.Change(Loopback, new LinkChange { Up = true });
            return Identity(name)!;
        }
        catch
        {
            NetworkNamespaces.Delete(name);
            throw;
        }
    }

    /// <summary>Removes the namespace if it still has this identity.</summary>
    public static void Delete(string name, string? identity)
    {
        if (identity is not null && Identity(name) == identity)
            NetworkNamespaces.Delete(name);
    }
}
