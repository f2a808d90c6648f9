using System.Text;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Reads the end of a log of a guest or QEMU. Its content is not trusted, and may be large.</summary>
internal static class LogTail
{
    /// <summary>Bytes of a log that are kept.</summary>
    public const int Kept = 1 << 20;

    private const int Most = 64 << 10;

    /// <summary>The last lines, without control characters.</summary>
    public static string Of(string path, int lines)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var length = RandomAccess.GetLength(file);
            var bytes = new byte[Math.Min(Most, length)];
            var read = RandomAccess.Read(file, bytes, length - bytes.Length);
            var text = Plain(Encoding.UTF8.GetString(bytes, 0, read));
            return string.Join(
                '\n',
                text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(lines)
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>
    /// Frees the disk space of all but the last <paramref name="kept"/> bytes, as a hole: the file keeps its length, so its writer
    /// continues at its end. Does nothing on file systems without holes.
    /// </summary>
    public static void ForgetAllBut(string path, long kept)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (RandomAccess.GetLength(file) - kept is > 0 and var old)
            Syscalls.Punch(file, 0, old);
    }

    private static string Plain(string text) =>
        string.Create(
            text.Length,
            text,
            static (to, from) =>
            {
                for (var i = 0; i < from.Length; i++)
                    to[i] = char.IsControl(from[i]) && from[i] is not '\n' ? ' ' : from[i];
            }
        );
}
