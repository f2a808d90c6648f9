using System.Globalization;

namespace Cloudlet.DesiredState.Kinds.CloudSecurityGroups;

/// <summary>One rule of a security group: what it allows.</summary>
/// <param name="Direction"><see cref="Ingress"/> or <see cref="Egress"/>.</param>
/// <param name="EtherType">IPv4 or IPv6.</param>
public sealed record CloudRule(string Direction, string EtherType)
{
    /// <summary>To servers.</summary>
    public const string Ingress = "ingress";

    /// <summary>From servers.</summary>
    public const string Egress = "egress";

    private const string Any = "any";
    private const string GroupPrefix = "group:";

    /// <summary>Its protocol; null: every one.</summary>
    public string? Protocol { get; init; }

    /// <summary>Its first and last port; null: every one.</summary>
    public (int First, int Last)? Ports { get; init; }

    /// <summary>The addresses on the other side; null: all.</summary>
    public string? Remote { get; init; }

    /// <summary>Name of the group whose servers are on the other side; null: not limited to one.</summary>
    public string? Group { get; init; }

    /// <summary>The rule as a text, e.g. <c>ingress IPv4 tcp 22 192.0.2.0/24</c>; <c>any</c> for what it does not limit.</summary>
    public string Text
    {
        get
        {
            var ports = Ports is var (first, last) ? (first == last ? Number(first) : $"{Number(first)}-{Number(last)}") : Any;
            return $"{Direction} {EtherType} {Protocol ?? Any} {ports} {(Group is { } group ? GroupPrefix + group : Remote ?? Any)}";
        }
    }

    /// <summary>The reverse of <see cref="Text"/>; null for another text.</summary>
    public static CloudRule? Parse(string text)
    {
        // Only the last part, the name of a group, may have spaces.
        if (text.Split(' ', 5) is not [var direction, var type, var protocol, var ports, var other])
            return null;
        var isGroup = other.StartsWith(GroupPrefix, StringComparison.Ordinal);
        return new CloudRule(direction, type)
        {
            Protocol = protocol == Any ? null : protocol,
            Ports = ports == Any ? null : PortsOf(ports),
            Remote = isGroup || other == Any ? null : other,
            Group = isGroup ? other[GroupPrefix.Length..] : null,
        };
    }

    /// <summary>A port like <c>22</c> or a range like <c>8000-8080</c>; null for another text.</summary>
    public static (int First, int Last)? PortsOf(string text)
    {
        var parts = text.Split('-');
        return parts.Length is 1 or 2 && TryPort(parts[0], out var first) && TryPort(parts[^1], out var last) && first <= last
            ? (first, last)
            : null;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
