using System.Security.Cryptography;
using System.Text;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Kinds.Files;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Secrets;

/// <summary>What a host knows of the value of a secret: its file, our copy, and the value that came with the request.</summary>
/// <param name="files">The host's files.</param>
/// <param name="vault">Seals earlier contents.</param>
/// <param name="copies">Our copies.</param>
/// <param name="given">Values that came with the request.</param>
internal sealed class SecretOnHost(IHostFiles files, ContentVault vault, SecretCopies copies, SecretValues given)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>A new value of so many letters and digits.</summary>
    public static byte[] Make(int length) => Encoding.ASCII.GetBytes(RandomNumberGenerator.GetString(Alphabet, length));

    /// <summary>Path of the file of a secret.</summary>
    /// <exception cref="CloudletException">InvalidInput: the name leads to another folder.</exception>
    public static string PathOf(SecretSpec spec) =>
        SecretSpec.IsName(spec.Name)
            ? SecretSource.PathOf(spec.Name)
            : throw new CloudletException(ErrorKind.InvalidInput, $"{spec.Id}: its name is not valid, so it has no file");

    /// <summary>The file, or null when there is none.</summary>
    /// <exception cref="CloudletException">InvalidInput: something else is in its place, or others may change the folder.</exception>
    public HostFileInfo? Stat(SecretSpec spec)
    {
        var path = PathOf(spec);
        if (
            files.Stat(SecretSource.Folder) is { } folder
            && (folder.Type != HostFileType.Directory || (folder.Mode & WritableByOthers) != UnixFileMode.None)
        )
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{spec.Id}: {SecretSource.Folder} is not a folder that only its owner may change, so a secret in it could be replaced; "
                    + $"make it one with `chmod go-w {SecretSource.Folder}`, or move it away"
            );
        var info = files.Stat(path);
        return info is null or { Type: HostFileType.Regular }
            ? info
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{spec.Id}: {NounOf(info.Type)} is at {path}, where the file of the secret belongs; it is neither followed nor "
                    + "replaced; move it away"
            );
    }

    private static string NounOf(HostFileType type) =>
        type switch
        {
            HostFileType.Symlink => "a symbolic link",
            HostFileType.Directory => "a folder",
            _ => "a device, socket or fifo",
        };

    /// <summary>The content of the file; null: there is none, or it is too long to be a secret.</summary>
    public byte[]? Read(SecretSpec spec) =>
        Stat(spec) is { Length: <= FileObservation.LongestContent } ? files.Read(PathOf(spec), FileObservation.LongestContent) : null;

    /// <summary>How the value of the file is, as <see cref="SecretSpec.Value"/>.</summary>
    public string ValueOf(SecretSpec desired, byte[]? content)
    {
        if (ContentVault.IdIn(desired.Value) is { } id)
            return content is not null && vault.IsIdOf(id, content) ? desired.Value! : "another than before";
        var value = content is null ? null : Sound(content);
        if (value is null)
            return "not a value";
        return (Given(desired) ?? Copied(desired)) is { } known && !Same(known, value) ? "content differs" : SecretSpec.Current;
    }

    /// <summary>How our copy is, as <see cref="SecretSpec.Copy"/>, for a file with this content.</summary>
    public string CopyOf(SecretSpec desired, byte[]? content)
    {
        var copy = copies.Find(desired.Name);
        if (ContentVault.IdIn(desired.Value) is not null)
            return copy?.Content ?? "none";
        if (content is null || Sound(content) is not { } value || ValueOf(desired, content) != SecretSpec.Current)
            return SecretSpec.Current; // The value comes first: whatever sets it makes a new copy.
        if (copy is null || copies.ValueOf(copy) is not { } copied)
            return "none";
        return !Same(copied, value) || (copy.Length is null) != (desired.Length is null) ? "of another value" : SecretSpec.Current;
    }

    /// <summary>The value that the file should have; null: it is not known here, or has to be made.</summary>
    public byte[]? WantedOf(SecretSpec desired)
    {
        if ((Given(desired) ?? Copied(desired)) is { } known)
            return known;
        if (desired.Length is not null && copies.Find(desired.Name) is { } old && copies.ValueOf(old) is not null)
            return null;
        return Read(desired) is { } content ? Sound(content) : null;
    }

    /// <summary>The value that came with the request.</summary>
    private byte[]? Given(SecretSpec desired) =>
        desired.Length is null && given.Find(desired.Name) is { } value ? Encoding.UTF8.GetBytes(value) : null;

    /// <summary>The value of our copy, unless the description asks for another one.</summary>
    private byte[]? Copied(SecretSpec desired) =>
        copies.Find(desired.Name) is { } copy
        && (desired.Length is null || (copy.Length == desired.Length && copy.Version == desired.Version))
            ? copies.ValueOf(copy)
            : null;

    /// <summary>The value in a file; null: it cannot be one. A line break at its end does not count.</summary>
    private static byte[]? Sound(byte[] content) =>
        SecretText.Of(content, out var problem) is var text && problem is null ? Encoding.UTF8.GetBytes(text) : null;

    private static bool Same(byte[] a, byte[] b) => CryptographicOperations.FixedTimeEquals(a, b);
}
