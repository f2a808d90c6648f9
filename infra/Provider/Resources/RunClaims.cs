using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudlet.Linux;

namespace Cloudlet.Provider.Resources;

/// <summary>
/// The machines that all providers of one run of the engine have seen: an explicit provider resource is a separate process. A claim is a
/// file with a lock. The kernel releases the lock with the process, so claims of an earlier run do not count. Where the folder cannot be
/// created, every provider knows only its own machines, and the host itself refuses the second description during the update.
/// </summary>
/// <param name="folder">Folder of the claims, private to the user.</param>
/// <param name="engine">Address of the engine: unique among concurrent runs.</param>
internal sealed class RunClaims(string folder, string engine) : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int Looks = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Lock _turn = new();
    private readonly Dictionary<string, FileStream> _held = new(StringComparer.Ordinal);
    private bool _isEnded;

    /// <summary>The folder of this user: its runtime folder, or else a private one among the temporary files.</summary>
    public static string UsualFolder =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Directory.Exists(runtime)
            ? Path.Combine(runtime, "pulumi-resource-cloudlet")
            : Path.Combine(Path.GetTempPath(), $"pulumi-resource-cloudlet-{Environment.UserName}");

    /// <summary>Claims a machine. Returns the resource of another process that has claimed it; null: none, or unknown.</summary>
    public Describer? Claim(string identity, Describer by)
    {
        lock (_turn)
        {
            var path = PathOf(identity);
            if (_isEnded || !IsPrivate())
                return null;
            try
            {
                if (!_held.ContainsKey(path))
                    _held[path] = new FileStream($"{path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                FileReplacement.Write(path, JsonSerializer.Serialize([by.Urn, by.Formerly ?? ""], ClaimJson.Default.StringArray));
                return null;
            }
            catch (IOException)
            {
                return _held.ContainsKey(path) ? null : Holder(path);
            }
            catch (UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>Releases a machine.</summary>
    public void Forget(string identity)
    {
        lock (_turn)
            Release(PathOf(identity));
    }

    /// <summary>Releases all machines.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _isEnded = true;
            foreach (var path in _held.Keys.ToList())
                Release(path);
        }
    }

    /// <summary>What the holder wrote: it writes right after taking the lock.</summary>
    private static Describer? Holder(string path)
    {
        for (var look = 0; look < Looks; look++)
        {
            try
            {
                if (
                    File.Exists(path)
                    && JsonSerializer.Deserialize(File.ReadAllText(path), ClaimJson.Default.StringArray)
                        is [{ Length: > 0 } urn, var formerly]
                )
                    return new Describer(urn) { Formerly = formerly.Length > 0 ? formerly : null };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                // Retry.
            }

            Thread.Sleep(Pause);
        }

        return null;
    }

    private void Release(string path)
    {
        if (!_held.Remove(path, out var file))
            return;
        using (file)
        {
            try
            {
                File.Delete(path);
                File.Delete($"{path}.lock");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A leftover file has no lock, and does not count.
            }
        }
    }

    /// <summary>False for a folder of another user, or a link: only the owner can set its mode.</summary>
    private bool IsPrivate()
    {
        try
        {
            var info = Directory.CreateDirectory(folder, OwnerOnly);
            if (info.LinkTarget is not null)
                return false;
            File.SetUnixFileMode(folder, OwnerOnly);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string PathOf(string identity) =>
        Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{engine}\n{identity}")).AsSpan(0, 16)));
}

/// <summary>How claims are written as JSON.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class ClaimJson : System.Text.Json.Serialization.JsonSerializerContext;
