using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.State;

/// <summary>Reads the file on a host that holds a secret.</summary>
internal static class SecretFile
{
    private const int LongestSecret = 1 << 20;

    /// <summary>The value. Editors and echo end a file with a line break, which is not a part of it.</summary>
    /// <param name="files">The host's files.</param>
    /// <param name="path">Absolute path of the file.</param>
    /// <param name="user">The resource that uses the secret, for messages.</param>
    /// <param name="name">Name of the secret, for messages; null: it has none.</param>
    /// <exception cref="CloudletException">NotFound: there is no such file.</exception>
    public static ReadOnlyMemory<byte> Read(IHostFiles files, string path, string user, string? name = null)
    {
        var value =
            files.Read(path, LongestSecret)
            ?? throw new CloudletException(
                ErrorKind.NotFound,
                $"{user}: the secret {(name is null ? "" : $"\"{name}\" ")}is expected in {path} on this host, but that file does not "
                    + $"exist; create it with `install -m 0600 /dev/stdin {path}`"
            );
        var end =
            value.AsSpan().EndsWith("\r\n"u8) ? 2
            : value.AsSpan().EndsWith("\n"u8) ? 1
            : 0;
        return value.AsMemory(..^end);
    }

    /// <summary>As <see cref="Read"/>, for a password.</summary>
    /// <exception cref="CloudletException">NotFound; InvalidInput: the file is empty.</exception>
    public static ReadOnlyMemory<byte> ReadPassword(IHostFiles files, string path, string user) =>
        Read(files, path, user) is { IsEmpty: false } password
            ? password
            : throw new CloudletException(ErrorKind.InvalidInput, $"{user}: {path} is empty; an account needs a password");

    /// <summary>As <see cref="ReadPassword"/>, for a program that reads one line.</summary>
    /// <exception cref="CloudletException">NotFound; InvalidInput: the file is empty, or not one line of UTF-8 text.</exception>
    public static string ReadLine(IHostFiles files, string path, string user)
    {
        try
        {
            var password = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(ReadPassword(files, path, user).Span);
            if (!password.Any(char.IsControl))
                return password;
        }
        catch (DecoderFallbackException)
        {
            // Reported below.
        }

        throw new CloudletException(
            ErrorKind.InvalidInput,
            $"{user}: {path} is not one line of UTF-8 text, as the password of an account is"
        );
    }
}
