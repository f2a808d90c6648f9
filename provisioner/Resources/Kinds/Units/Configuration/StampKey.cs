using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>
/// Makes the digests of stamps: HMAC-SHA256, cut to 128 bits. With a plain digest, a reader of a stamp could guess a short secret; the
/// key is random and short-lived.
/// </summary>
internal sealed class StampKey(byte[] secret)
{
    /// <summary>Length of a key in bytes.</summary>
    public const int Length = 32;

    private const int DigestLength = 16;

    /// <summary>Identifies the key without revealing it: stamps made with another key cannot be used.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(secret)[..8]);

    /// <summary>A new key.</summary>
    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(Length);

    /// <summary>The stamp of a file.</summary>
    public FileStamp Stamp(LoadedFile file)
    {
        if (file.Content is null || ConfigurationText.Parse(file.Content) is not { } text)
            return new FileStamp { Bytes = Bytes(file) };
        var options = new SortedDictionary<string, string>(StringComparer.Ordinal);
        using var all = Start("options");
        foreach (var (name, values) in text.Options)
        {
            options[name] = OfOption(name, values);
            Append(all, name, options[name]);
        }

        return new FileStamp
        {
            Bytes = Bytes(file),
            Canonical = End(all),
            Options = options,
        };
    }

    /// <summary>Digest of the content, or of the identity of a file that is too large to read.</summary>
    public string Bytes(LoadedFile file)
    {
        using var hash = Start(file.Content is null ? "identity" : "content");
        hash.AppendData(file.Content ?? Encoding.UTF8.GetBytes(file.Identity));
        return End(hash);
    }

    private string OfOption(string name, List<OptionValue> values)
    {
        using var hash = Start("option");
        Append(hash, name);
        foreach (var value in values)
            Append(hash, value.Section, $"{value.Opening}", value.Text);
        return End(hash);
    }

    /// <summary>Starts a digest; inputs of different types never have equal digests.</summary>
    private IncrementalHash Start(string what)
    {
        var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        Append(hash, what);
        return hash;
    }

    /// <summary>The length prefix keeps adjacent texts apart.</summary>
    private static void Append(IncrementalHash hash, params ReadOnlySpan<string> texts)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
    }

    private static string End(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset()[..DigestLength]);
}
