using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Cloudlet.Resources.Kinds.CloudUsers;

/// <summary>
/// Remembers for a while that a password was right: proving it costs Keystone a second of processor time, and each failure may count
/// towards locking the account. Only a digest with a key of this process is held.
/// </summary>
/// <param name="clock">Measures their age.</param>
internal sealed class PasswordProofs(TimeProvider clock)
{
    /// <summary>How long a proof counts.</summary>
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(1);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, (string Digest, long Since)> _proofs = new(StringComparer.Ordinal);

    /// <summary>True when this password of an account was right not long ago.</summary>
    public bool Has(string account, string password) =>
        _proofs.TryGetValue(account, out var proof) && proof.Digest == DigestOf(password) && clock.GetElapsedTime(proof.Since) < Lasts;

    /// <summary>Remembers that a password is right.</summary>
    public void Add(string account, string password) => _proofs[account] = (DigestOf(password), clock.GetTimestamp());

    /// <summary>Forgets what is known about an account.</summary>
    public void Forget(string account) => _proofs.TryRemove(account, out _);

    private string DigestOf(string password) => Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password)));
}
