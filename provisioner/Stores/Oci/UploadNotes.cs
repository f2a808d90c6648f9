using System.Security.Cryptography;
using System.Text;
using Cloudlet.Stores.Http;

namespace Cloudlet.Stores.Oci;

/// <summary>
/// URLs of uploads that have begun: a registry does not list them. Soft state in the cache folder of the user; without it, an upload that
/// was cut off begins again.
/// </summary>
/// <param name="options">Its environment says where the cache is.</param>
internal sealed class UploadNotes(StoreOptions options)
{
    private const int LongestUrl = 8192;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string? _folder =
        options.Value("XDG_CACHE_HOME") is { } cache ? Path.Combine(cache, "cloudlet", "uploads")
        : options.Home is { } home ? Path.Combine(home, ".cache", "cloudlet", "uploads")
        : null;

    /// <summary>URL of the upload of a content; null: none is known.</summary>
    public string? Find(Uri repository, string sha256)
    {
        try
        {
            return PathOf(repository, sha256) is { } path && new FileInfo(path) is { Exists: true, Length: < LongestUrl }
                ? File.ReadAllText(path)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Remembers a URL, or forgets it when it is null.</summary>
    public void Note(Uri repository, string sha256, string? url)
    {
        try
        {
            if (PathOf(repository, sha256) is not { } path)
                return;
            if (url is null)
            {
                File.Delete(path);
                return;
            }

            Directory.CreateDirectory(_folder!, Owner | UnixFileMode.UserExecute);
            var staged = $"{path}.{Guid.NewGuid():n}.new";
            var create = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = Owner,
            };
            using (var file = new FileStream(staged, create))
                file.Write(Encoding.UTF8.GetBytes(url));
            File.Move(staged, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Only the possibility to continue is lost.
        }
    }

    private string? PathOf(Uri repository, string sha256) =>
        _folder is null
            ? null
            : Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{repository} {sha256}"))));
}
