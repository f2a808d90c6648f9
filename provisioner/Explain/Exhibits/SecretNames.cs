using System.Buffers;

namespace Cloudlet.Explain.Exhibits;

/// <summary>
/// Which options, headers and properties hold secrets, by the ends of their names: <c>admin_password</c>, <c>X-Auth-Token</c>,
/// <c>adminPass</c>.
/// </summary>
internal static class SecretNames
{
    /// <summary>What names are made of.</summary>
    public static readonly SearchValues<char> Characters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
    );

    private static readonly string[] Ends =
    [
        "password",
        "passwd",
        "passphrase",
        "_pass",
        "adminpass",
        "secret",
        "secrets",
        "token",
        "tokens",
        "key",
        "keys",
        "credential",
        "credentials",
        "user_data",
        "cookie",
        "authorization",
    ];

    /// <summary>
    /// Values of these are URLs whose user part is the secret; in a log, <c>connection:</c> is the beginning of a sentence.
    /// </summary>
    private static readonly string[] UrlEnds = ["transport_url", "connection", "slave_connection", "sql_connection", "connection_url"];

    public static bool IsSecret(ReadOnlySpan<char> name)
    {
        foreach (var end in Ends)
        {
            if (name.EndsWith(end, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return name.Equals("pass", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Places of Open vSwitch and OVN, such as <c>unix:/run/openvswitch/db.sock</c>: they have no accounts.</summary>
    private static readonly string[] PlaceEnds = ["ovsdb_connection", "ovn_nb_connection", "ovn_sb_connection"];

    public static bool IsSecretUrl(ReadOnlySpan<char> name)
    {
        foreach (var end in PlaceEnds)
        {
            if (name.EndsWith(end, StringComparison.OrdinalIgnoreCase))
                return false;
        }

        foreach (var end in UrlEnds)
        {
            if (name.EndsWith(end, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
