using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Ssh;

/// <summary>Address of a host: <c>ssh://user@host:port</c>.</summary>
/// <param name="Host">Host name, alias of the user's ssh configuration, or address (IPv6 without brackets).</param>
/// <param name="User">User to log in as, or null for ssh's default.</param>
/// <param name="Port">TCP port, or null for ssh's default.</param>
public sealed record SshTarget(string Host, string? User, int? Port)
{
    private const string Scheme = "ssh://";

    /// <summary>
    /// Parses a target. Names must not contain options, shell syntax or ssh escapes (%h and the like), because they are passed on ssh's
    /// command line and perhaps to a ProxyCommand. InvalidInput with the part that is wrong.
    /// </summary>
    public static SshTarget Parse(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
            throw Invalid(text, "it does not begin with ssh://");
        var rest = text[Scheme.Length..];
        if (rest.EndsWith('/'))
            rest = rest[..^1];

        var at = rest.LastIndexOf('@');
        var user = at < 0 ? null : rest[..at];
        if (user is not null && !IsName(user, "._-+$", 64))
            throw Invalid(text, $"'{user}' is not a valid user name (a password does not belong here; use keys)");

        var (host, port) = SplitHost(text, rest[(at + 1)..]);
        return new SshTarget(host, user, port is null ? null : ParsePort(text, port));
    }

    /// <summary>The target in the form that <see cref="Parse"/> reads.</summary>
    public override string ToString()
    {
        var host = Host.Contains(':') ? $"[{Host}]" : Host;
        return $"{Scheme}{(User is null ? "" : User + "@")}{host}{(Port is null ? "" : $":{Port}")}";
    }

    private static (string Host, string? Port) SplitHost(string text, string authority)
    {
        if (authority.StartsWith('['))
        {
            var close = authority.IndexOf(']', StringComparison.Ordinal);
            var address = close < 0 ? "" : authority[1..close];
            var tail = close < 0 ? "" : authority[(close + 1)..];
            var zone = address.IndexOf('%', StringComparison.Ordinal);
            var zoneIsValid = zone < 0 || IsName(address[(zone + 1)..], "._-", 15);
            if (!zoneIsValid || !IPAddress.TryParse(address, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
                throw Invalid(text, "there is no IPv6 address between the brackets");
            if (tail.Length > 0 && tail[0] != ':')
                throw Invalid(text, $"'{tail}' after the brackets is not a valid port");
            return (address, tail.Length == 0 ? null : tail[1..]);
        }
        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        var host = colon < 0 ? authority : authority[..colon];
        if (!IsName(host, "._-", 255))
            throw Invalid(text, $"'{host}' is not a valid host name or address");
        return (host, colon < 0 ? null : authority[(colon + 1)..]);
    }

    private static int ParsePort(string text, string port) =>
        int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 65535
            ? number
            : throw Invalid(text, $"'{port}' is not a valid port (1 to 65535; write an IPv6 address in brackets)");

    private static bool IsName(string name, string others, int longest)
    {
        if (name.Length == 0 || name.Length > longest || name[0] == '-')
            return false;
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && !others.Contains(c))
                return false;
        return true;
    }

    private static CloudletException Invalid(string text, string why) =>
        new(
            ErrorKind.InvalidInput,
            $"'{text}' is not a valid ssh target: {why}. Write ssh://host, ssh://user@host or ssh://user@host:port."
        );
}
