using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cloudlet.DesiredState.Sections;

/// <summary>How a host is reached.</summary>
public abstract record HostReach
{
    /// <summary>Reads <c>local</c>, <c>ssh://[user@]host[:port]</c> or <c>netns://name</c>.</summary>
    /// <param name="text">The text in the site file.</param>
    /// <param name="error">The problem and the fix.</param>
    /// <returns>Null when it is not valid.</returns>
    public static HostReach? Parse(string text, out string? error)
    {
        error = null;
        if (text == "local")
            return new LocalReach();
        if (text.StartsWith("netns://", StringComparison.Ordinal))
            return Namespace(text["netns://".Length..], out error);
        if (text.StartsWith("ssh://", StringComparison.Ordinal))
            return Ssh(text["ssh://".Length..], out error);
        error = $"\"{text}\" is not a valid way to reach a host; write local, ssh://user@host:port or netns://name";
        return null;
    }

    private static NamespaceReach? Namespace(string name, out string? error)
    {
        error =
            name.Length is 0 or > 255 || name[0] is '-' or '.' || !Consists(name, "._-")
                ? $"\"{name}\" is not a valid network namespace name: letters, digits, '.', '_' and '-', not starting with '-' or '.'"
                : null;
        return error is null ? new NamespaceReach(name) : null;
    }

    private static SshReach? Ssh(string rest, out string? error)
    {
        var at = rest.LastIndexOf('@');
        var user = at < 0 ? null : rest[..at];
        var host = rest[(at + 1)..];
        int? port = null;
        var colon = host.StartsWith('[') ? host.IndexOf("]:", StringComparison.Ordinal) + 1 : host.LastIndexOf(':');
        if (colon > 0)
        {
            if (
                !int.TryParse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number is < 1 or > 65535
            )
            {
                error = $"\"{host[(colon + 1)..]}\" is not a valid port: a number from 1 to 65535";
                return null;
            }

            port = number;
            host = host[..colon];
        }

        error =
            user is not null && !IsWord(user)
                ? $"\"{user}\" is not a valid user name: letters, digits, '.', '_' and '-', not starting with '-'"
                : HostError(host);
        return error is null ? new SshReach(user, host.Trim('[', ']'), port) : null;
    }

    private static string? HostError(string host)
    {
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return
                IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var address)
                && address.AddressFamily == AddressFamily.InterNetworkV6
                && !host.Contains('%')
                ? null
                : $"\"{host}\" is not a valid IPv6 address in brackets";
        }

        if (host.Contains('/'))
            return "an ssh address ends with the host or the port; a path is not allowed";
        return IsWord(host)
            ? null
            : $"\"{host}\" is not a valid host name: letters, digits, '.', '_' and '-', not starting with '-' (an IPv6 address "
                + "must be in brackets)";
    }

    private static bool IsWord(string text) => text.Length is > 0 and <= 255 && text[0] != '-' && Consists(text, "._-");

    private static bool Consists(string text, string others)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !others.Contains(c))
                return false;
        }

        return true;
    }
}

/// <summary>The machine this program runs on.</summary>
public sealed record LocalReach : HostReach
{
    /// <inheritdoc/>
    public override string ToString() => "local";
}

/// <summary>A machine that OpenSSH reaches, with the user's own configuration and keys.</summary>
/// <param name="User">Null: from the ssh configuration.</param>
/// <param name="Host">Host name, alias of the ssh configuration, or address (IPv6 without brackets); never starts with '-'.</param>
/// <param name="Port">Null: from the ssh configuration.</param>
public sealed record SshReach(string? User, string Host, int? Port) : HostReach
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var host = Host.Contains(':') ? $"[{Host}]" : Host;
        return "ssh://" + (User is null ? host : $"{User}@{host}") + (Port is null ? "" : $":{Port}");
    }
}

/// <summary>A network namespace of this machine, as in <c>ip netns</c>. It has only links.</summary>
/// <param name="Name">Its name.</param>
public sealed record NamespaceReach(string Name) : HostReach
{
    /// <inheritdoc/>
    public override string ToString() => $"netns://{Name}";
}
