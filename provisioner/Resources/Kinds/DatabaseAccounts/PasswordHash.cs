using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Cloudlet.Resources.Kinds.DatabaseAccounts;

/// <summary>Hashes as the plugin mysql_native_password stores them.</summary>
internal static class PasswordHash
{
    /// <summary><c>*</c> and the upper-case hex digits of SHA1(SHA1(password)).</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The protocol of the server defines it, and the hash stays on the host.")]
    public static string Of(ReadOnlySpan<byte> password)
    {
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(password, hash);
        SHA1.HashData(hash, hash);
        return $"*{Convert.ToHexString(hash)}";
    }
}
