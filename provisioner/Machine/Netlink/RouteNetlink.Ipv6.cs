using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Machine.Kernel;

namespace Cloudlet.Machine.Netlink;

/// <content>Settings of net.ipv6.conf: rtnetlink reports them, but only /proc/sys writes them.</content>
public sealed partial class RouteNetlink
{
    private const string Settings = "/proc/sys/net/ipv6/conf";

    /// <inheritdoc/>
    /// <remarks>/proc/sys/net shows the network namespace of the thread that opens it.</remarks>
    public void SetIpv6(int index, Ipv6Setting setting, int value)
    {
        var link =
            Get(name: null, index)?.Name
            ?? throw new CloudletException(ErrorKind.NotFound, $"set {NameOf(setting)} of link index {index}: the link is gone");
        var path = $"{Settings}/{link}/{NameOf(setting)}";
        if (_namespace is null)
            Write();
        else
            NamespaceThread.RunInside(_namespace, _namespaceName, Write);

        bool Write()
        {
            // A missing path means a kernel without IPv6, or a link that was deleted.
            SettingFile.Write(
                path,
                value.ToString(CultureInfo.InvariantCulture),
                missing: e => new CloudletException(
                    ErrorKind.Unsupported,
                    $"write {path}: no such file; does this kernel run without IPv6?",
                    e
                ),
                refused: e => new CloudletException(ErrorKind.Unexpected, $"write {path}: {e.Message}", e)
            );
            return true;
        }
    }

    private static string NameOf(Ipv6Setting setting) =>
        setting switch
        {
            Ipv6Setting.AcceptRa => "accept_ra",
            Ipv6Setting.Autoconf => "autoconf",
            Ipv6Setting.DisableIpv6 => "disable_ipv6",
            _ => throw new ArgumentOutOfRangeException(nameof(setting), setting, "not a setting"),
        };
}
