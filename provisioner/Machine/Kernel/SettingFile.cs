using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Kernel;

/// <summary>Files of /proc/sys, which are written in place and never created.</summary>
internal static class SettingFile
{
    /// <summary>Writes a value. PermissionDenied when /proc/sys cannot be written by this user.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="value">ASCII text.</param>
    /// <param name="missing">The error when the kernel has no such file.</param>
    /// <param name="refused">The error when the write fails otherwise.</param>
    public static void Write(
        string path,
        string value,
        Func<Exception, CloudletException> missing,
        Func<IOException, CloudletException> refused
    )
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            file.Write(Encoding.ASCII.GetBytes(value));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw missing(e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"write {path}: {e.Message}; it needs root, and /proc/sys mounted for writing",
                e
            );
        }
        catch (IOException e)
        {
            throw refused(e);
        }
    }
}
