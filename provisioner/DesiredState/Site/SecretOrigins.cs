using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site;

/// <summary>A secret of a host of a site.</summary>
/// <param name="Host">The host.</param>
/// <param name="Name">Name of the secret there.</param>
public readonly record struct HostSecret(string Host, string Name);

/// <summary>Follows secrets that come from other hosts to the hosts that have the values.</summary>
/// <param name="hosts">All hosts of the site, by name.</param>
public sealed class SecretOrigins(IReadOnlyDictionary<string, HostSection> hosts)
{
    /// <summary>The hosts of a loaded site.</summary>
    public SecretOrigins(IEnumerable<SiteHost> hosts)
        : this(hosts.ToDictionary(static h => h.Name, static h => h.Section, StringComparer.Ordinal)) { }

    /// <summary>What is declared; null: nothing.</summary>
    public SecretSection? Find(HostSecret secret) => hosts.GetValueOrDefault(secret.Host)?.Secrets?.GetValueOrDefault(secret.Name ?? "");

    /// <summary>The secret whose value this one has; false: it has one of its own, or is not declared.</summary>
    public bool TryNext(HostSecret secret, out HostSecret next)
    {
        next = Find(secret) switch
        {
            { Source: { From: { } host } source } => new HostSecret(host, source.Name ?? secret.Name),

            // The path of a described secret's file is another name for that secret.
            { Path: { } path } when Described(secret.Host, path) is { } name => secret with { Name = name },
            _ => default,
        };
        return next != default;
    }

    /// <summary>The last secret of the way, which has the value; null: one is not declared, or they form a circle.</summary>
    public HostSecret? OriginOf(HostSecret secret)
    {
        var seen = new HashSet<HostSecret>();
        while (seen.Add(secret))
            if (!TryNext(secret, out var next))
                return Find(secret) is null ? null : secret;
            else
                secret = next;
        return null;
    }

    /// <summary>The secrets from one to itself again; null: it is in no circle.</summary>
    internal IReadOnlyList<HostSecret>? CircleOf(HostSecret secret)
    {
        var way = new List<HostSecret> { secret };
        while (TryNext(way[^1], out var next) && !way.Skip(1).Contains(next))
        {
            way.Add(next);
            if (next == secret)
                return way;
        }

        return null;
    }

    private string? Described(string host, string path) =>
        SecretSpec.IdAt(path) is { } id
            ? hosts[host].Secrets?.FirstOrDefault(s => s.Value.Source is not null && SecretSpec.IdOf(s.Key) == id).Key
            : null;
}
