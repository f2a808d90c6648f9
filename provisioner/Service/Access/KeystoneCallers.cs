using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Cloudlet.OpenStack;
using Cloudlet.Service.Settings;

namespace Cloudlet.Service.Access;

/// <summary>
/// Recognizes tokens of Keystone. An answer is kept for a minute at most: so long may a token work after it was revoked, and so long does
/// the service work without Keystone.
/// </summary>
/// <param name="settings">Where Keystone is, and what its roles mean.</param>
/// <param name="clock">Tells which answers are old.</param>
public sealed class KeystoneCallers(ServiceSettings settings, TimeProvider clock)
{
    private const int MostKept = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lazy<CloudHttp> _http = new(() => CloudHttp.Create(settings.Keystone?.CaFile));
    private readonly ConcurrentDictionary<string, (Caller? Caller, DateTimeOffset Until)> _known = new();

    /// <summary>True when a Keystone is configured.</summary>
    public bool IsUsed => settings.Keystone is not null;

    /// <summary>The caller of a token; null when Keystone refuses it, or its account has no role that counts here.</summary>
    /// <exception cref="Errors.CloudletException">Unreachable, Timeout: Keystone does not answer.</exception>
    public async Task<Caller?> FindAsync(string token, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (_known.TryGetValue(key, out var known) && known.Until > now)
            return known.Caller;
        var owner = await TokenCheck.FindAsync(_http.Value, settings.Keystone!.Url, token, ct);
        var caller = owner is null ? null : CallerOf(owner, settings.Keystone);
        if (_known.Count >= MostKept)
            _known.Clear();
        var until = now + Kept;
        _known[key] = (caller, owner is not null && owner.Expires < until ? owner.Expires : until);
        return caller;
    }

    private static Caller? CallerOf(TokenOwner owner, KeystoneSettings keystone) =>
        owner.ProjectId is { } project && RoleOf(owner.Roles, keystone) is { } role
            ? new Caller(owner.User, NameOf(project), role, "keystone")
            : null;

    private static Role? RoleOf(IReadOnlyList<string> roles, KeystoneSettings keystone) =>
        roles.Any(keystone.Admin.Contains) ? Role.Admin
        : roles.Any(keystone.Member.Contains) ? Role.Member
        : roles.Any(keystone.Reader.Contains) ? Role.Reader
        : null;

    /// <summary>The name of a project here: its id, because a name can change, and may be that of a project of an own account.</summary>
    private static string NameOf(string id) =>
        id.Length <= 32 && id.All(char.IsAsciiHexDigitLower)
            ? $"keystone-{id}"[..Math.Min(40, 9 + id.Length)]
            : $"keystone-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 15))}";
}
