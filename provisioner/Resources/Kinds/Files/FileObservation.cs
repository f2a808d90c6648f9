using System.Security.Cryptography;
using System.Text;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>Observes a path as a <see cref="FileSpec"/>.</summary>
internal sealed class FileObservation(IHostFiles files, FileContent contents, ContentVault vault, FileExtended extended)
{
    /// <summary>Largest content that is read; a longer one counts as different.</summary>
    internal const int LongestContent = 64 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly AccountNames _accounts = new(files);

    /// <summary>The path as a spec, or null when it does not exist.</summary>
    /// <exception cref="CloudletException">InvalidInput: a device, socket or fifo is there.</exception>
    public FileSpec? Of(FileSpec desired)
    {
        if (files.Stat(desired.Path) is not { } info)
            return null;
        var kind = info.Type switch
        {
            HostFileType.Regular => FileKind.File,
            HostFileType.Directory => FileKind.Directory,
            HostFileType.Symlink => FileKind.Symlink,
            _ => throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{desired.Id}: a device, socket or fifo is at that path, and those are never replaced; remove it yourself or choose "
                    + "another path"
            ),
        };
        return desired with
        {
            Kind = kind,
            Content = kind == FileKind.File ? ContentOf(desired, info) : null,

            // The kernel ignores the permission bits of a symbolic link.
            Mode = kind == FileKind.Symlink ? null : FileModes.Text(info.Mode),
            Owner = _accounts.UserAs(desired.Owner, info.Owner),
            Group = _accounts.GroupAs(desired.Group, info.Group),
            Target = info.Target,
            Extended = desired.Extended is { } wanted && kind != FileKind.Symlink ? extended.Observe(desired.Path, wanted) : null,
        };
    }

    /// <summary>
    /// The content in a form that may be shown: the wanted text if the bytes match it; otherwise the text only if every user of the host
    /// may read the file and the wanted content has no secrets.
    /// </summary>
    private string? ContentOf(FileSpec desired, HostFileInfo info)
    {
        if (desired is { Kind: FileKind.File, Content: null })
            return null;
        if (info.Length > LongestContent)
            return $"other content ({info.Length} bytes)";
        var actual = files.Read(desired.Path, LongestContent);
        if (actual is null)
            return null;
        if (desired.Content is { } wanted && Equals(desired, wanted, actual))
            return wanted;
        if (desired.Secrets is { Count: > 0 } || !info.Mode.HasFlag(UnixFileMode.OtherRead))
            return $"other content ({actual.Length} bytes)";
        try
        {
            return Strict.GetString(actual);
        }
        catch (DecoderFallbackException)
        {
            return $"sha256:{Convert.ToHexStringLower(SHA256.HashData(actual))}";
        }
    }

    private bool Equals(FileSpec desired, string wanted, byte[] actual) =>
        ContentVault.IdIn(wanted) is { } id ? vault.IsIdOf(id, actual) : actual.AsSpan().SequenceEqual(contents.Resolve(desired));
}
