using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.State;

/// <summary>
/// Stores earlier contents of files for a rollback, encrypted with a key that never leaves this host (AES-256-GCM, NIST SP 800-38D). The
/// name of a content is its HMAC (RFC 2104), so that equal contents are stored once and the name reveals nothing without the key.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="folder">Folder of the vault; created when something is sealed.</param>
public sealed class ContentVault(IHostFiles files, string folder)
{
    private const string Scheme = "vault:";
    private const string KeyName = "key";
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int LongestEntry = 64 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly Lock _turn = new();

    /// <summary>The reference to a sealed content in a spec: <c>vault:</c> and 64 hex digits.</summary>
    public static string Reference(string id) => Scheme + id;

    /// <summary>The id in a reference made by <see cref="Reference"/>; null for any other text.</summary>
    public static string? IdIn(string? content) =>
        content is { Length: 70 }
        && content.StartsWith(Scheme, StringComparison.Ordinal)
        && content.AsSpan(Scheme.Length).IndexOfAnyExcept(HexDigits) < 0
            ? content[Scheme.Length..]
            : null;

    /// <summary>Encrypts and stores a content; returns its id.</summary>
    /// <exception cref="CloudletException">The errors of writing a file.</exception>
    public string Seal(ReadOnlySpan<byte> content)
    {
        lock (_turn)
        {
            var key = ReadKey() ?? MakeKey();
            var id = IdOf(key, content);
            if (files.Stat(PathOf(id)) is not null)
                return id;
            var entry = new byte[NonceBytes + TagBytes + content.Length];
            var nonce = entry.AsSpan(0, NonceBytes);
            RandomNumberGenerator.Fill(nonce);
            using var aes = new AesGcm(Derive(key, "content"u8), TagBytes);
            aes.Encrypt(
                nonce,
                content,
                entry.AsSpan(NonceBytes + TagBytes),
                entry.AsSpan(NonceBytes, TagBytes),
                Encoding.ASCII.GetBytes(id)
            );
            files.Write(PathOf(id), entry, OwnerOnly);
            return id;
        }
    }

    /// <summary>The content with an id.</summary>
    /// <exception cref="CloudletException">NotFound: it is not in the vault; Unexpected: the entry or the key was damaged or tampered
    /// with.</exception>
    public byte[] Unseal(string id)
    {
        var entry = files.Read(PathOf(id), LongestEntry);
        if (entry is null || ReadKey() is not { } key)
            throw new CloudletException(
                ErrorKind.NotFound,
                $"the earlier content {Short(id)} is no longer in {folder}, so it cannot be restored; restore the file from a backup"
            );
        try
        {
            var content = new byte[Math.Max(0, entry.Length - NonceBytes - TagBytes)];
            using var aes = new AesGcm(Derive(key, "content"u8), TagBytes);
            aes.Decrypt(
                entry.AsSpan(0, NonceBytes),
                entry.AsSpan(NonceBytes + TagBytes),
                entry.AsSpan(NonceBytes, TagBytes),
                content,
                Encoding.ASCII.GetBytes(id)
            );
            return content;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"{PathOf(id)} was damaged or tampered with and is not used; restore the file from a backup",
                e
            );
        }
    }

    /// <summary>True when the id is that of this content. Writes nothing.</summary>
    public bool IsIdOf(string id, ReadOnlySpan<byte> content) => ReadKey() is { } key && IdOf(key, content) == id;

    /// <summary>Deletes every content whose id is not in <paramref name="keep"/>.</summary>
    public void Prune(IReadOnlySet<string> keep)
    {
        foreach (var name in files.List(folder))
            if (name.Length == 2 * HMACSHA256.HashSizeInBytes && !keep.Contains(name))
                files.Delete(PathOf(name));
    }

    private static string IdOf(byte[] key, ReadOnlySpan<byte> content) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Derive(key, "name"u8), content));

    /// <summary>HKDF (RFC 5869): one key per purpose.</summary>
    private static byte[] Derive(byte[] key, ReadOnlySpan<byte> purpose)
    {
        var derived = new byte[KeyBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, key, derived, purpose);
        return derived;
    }

    private static string Short(string id) => id[..8];

    private string PathOf(string id) => $"{folder}/{id}";

    private byte[]? ReadKey()
    {
        var key = files.Read($"{folder}/{KeyName}");
        return key is null or { Length: KeyBytes }
            ? key
            : throw new CloudletException(
                ErrorKind.Unexpected,
                $"{folder}/{KeyName} is damaged ({key.Length} bytes instead of {KeyBytes}); delete {folder}: only earlier contents are "
                    + "lost"
            );
    }

    private byte[] MakeKey()
    {
        files.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        files.Write($"{folder}/{KeyName}", key, OwnerOnly);
        return key;
    }
}
