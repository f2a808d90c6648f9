using System.Security.Cryptography;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Programs;

/// <summary>
/// Programs that were sent to a host, each in a folder named by its digest; an apply installs them from there, and the health daemon
/// repairs them. The two used last are kept.
/// </summary>
public static class ProgramShelf
{
    /// <summary>Folder of the shelf on a host.</summary>
    public const string Folder = "/var/lib/cloudlet/service";

    /// <summary>Name of the service's program.</summary>
    public const string ServiceName = "cloudlet-service";

    /// <summary>Environment variable with the path of the service's program on the machine that applies.</summary>
    public const string Variable = "CLOUDLET_SERVICE_PROGRAM";

    private const int Kept = 2;

    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    /// <summary>Where a program of a digest is, as the installer over ssh stores it.</summary>
    public static string PathOf(string digest) => $"{Folder}/{digest}/cloudlet";

    /// <summary>
    /// The service's program for this machine's hosts: the one that <see cref="Variable"/> names, or the one beside a program; null when
    /// there is none.
    /// </summary>
    /// <param name="beside">Path of the program.</param>
    /// <exception cref="CloudletException">NotFound: the variable names a file that does not exist.</exception>
    public static string? Find(string? beside)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new CloudletException(ErrorKind.NotFound, $"{Variable}={named}: there is no such file");
        if (beside is null)
            return null;
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(beside))!, ServiceName);

        // A build of several files can't be sent.
        return File.Exists(path) && !File.Exists($"{path}.dll") ? path : null;
    }

    /// <summary>SHA-256 of a file, 64 hexadecimal digits.</summary>
    public static string DigestOf(string file)
    {
        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }

    /// <summary>Puts a program on the shelf of this machine, unless it is there and undamaged.</summary>
    /// <param name="file">The program.</param>
    /// <param name="digest">Its digest.</param>
    /// <param name="folder">The shelf.</param>
    public static void Store(string file, string digest, string folder = Folder)
    {
        var place = Path.Combine(folder, digest);
        var path = Path.Combine(place, "cloudlet");
        Directory.CreateDirectory(place);
        if (!File.Exists(path) || new FileInfo(path).Length != new FileInfo(file).Length || DigestOf(path) != digest)
        {
            var staged = Path.Combine(place, $".cloudlet.{Environment.ProcessId}");
            try
            {
                File.Copy(file, staged, overwrite: true);
                File.SetUnixFileMode(staged, Executable);
                if (DigestOf(staged) != digest)
                    throw new CloudletException(ErrorKind.InvalidInput, $"{file} changed while it was copied; run again");
                File.Move(staged, path, overwrite: true);
            }
            finally
            {
                File.Delete(staged);
            }
        }

        Directory.SetLastWriteTimeUtc(place, DateTime.UtcNow);
        foreach (var old in new DirectoryInfo(folder).EnumerateDirectories().OrderByDescending(d => d.LastWriteTimeUtc).Skip(Kept))
            old.Delete(recursive: true);
    }
}
