namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Canonical text of addresses and routes, as in the kernel's answers.</summary>
internal static class RouteText
{
    /// <summary>The kernel's default metric of IPv6 routes (IP6_RT_PRIO_USER).</summary>
    private const int DefaultMetricV6 = 1024;

    /// <summary>An address with prefix length.</summary>
    public static string Prefix(string written) => Parse(written).ToString();

    /// <summary>An address without prefix length.</summary>
    public static string? Address(string? written) => written is null ? null : IpPrefix.ParseAddress(written)?.ToString() ?? written;

    /// <summary>
    /// A route: <c>default</c> becomes the network of all addresses, host bits become zero, the kernel's default metric becomes null.
    /// </summary>
    public static RouteSpec Canonical(RouteSection section)
    {
        var to = section.To is null or "default" ? DefaultFor(section) : Parse(section.To).Network;
        return new RouteSpec
        {
            To = to.ToString(),
            Via = Address(section.Via),
            Metric = section.Metric is 0 || (to.IsV6 && section.Metric == DefaultMetricV6) ? null : section.Metric,
            Source = Address(section.Source),
            OnLink = section.OnLink == true ? true : null,
        };
    }

    private static IpPrefix DefaultFor(RouteSection section) =>
        Parse((section.Via ?? section.Source)?.Contains(':') == true ? "::/0" : "0.0.0.0/0");

    private static IpPrefix Parse(string written)
    {
        if (!written.Contains('/') && IpPrefix.ParseAddress(written) is { } single)
            return new IpPrefix(single, written.Contains(':') ? 128 : 32);
        return IpPrefix.TryParse(written, out var prefix, out var error) ? prefix : throw new FormatException(error);
    }
}
