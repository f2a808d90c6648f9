using System.Text;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>The end of what a guest or QEMU wrote. Both may have written anything, and much.</summary>
internal static class LogTail
{
    /// <summary>Bytes of a log that are enough to see what happened.</summary>
    public const int Kept = 1 << 20;

    private const int Most = 64 << 10;

    /// <summary>The last lines, without what would move a terminal's cursor.</summary>
    public static string Of(string path, int lines)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var length = RandomAccess.GetLength(file);
            var bytes = new byte[Math.Min(Most, length)];
            var read = RandomAccess.Read(file, bytes, length - bytes.Length);
            var text = Plain(Encoding.UTF8.GetString(bytes, 0, read));
            return string.Join('\n', text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(lines));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>
    /// Gives back the disk space of what was written before the last <paramref name="kept"/> bytes. The file keeps its length, and whoever writes to it goes on at its end. Nothing happens where the file system has no holes.
    /// </summary>
    public static void ForgetAllBut(string path, long kept)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (RandomAccess.GetLength(file) - kept is > 0 and var old)
            Native.Punch(file, 0, old);
    }

    private static string Plain(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = char.IsControl(from[i]) && from[i] is not '\n' ? ' ' : from[i];
    });
}
