using System.Diagnostics;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>Edits a file and waits until its content is restored.</summary>
internal static class FileTrial
{
    /// <summary>
    /// Overwrites the file in place, and checks whether the content is restored at every event of its folder, and every 20 ms in case that
    /// one is missing.
    /// </summary>
    /// <param name="path">The file on this machine.</param>
    /// <param name="content">The described content.</param>
    /// <param name="bound">Longest wait.</param>
    /// <returns>The trial without the decision, and the moment before the edit, s of the monotonic clock.</returns>
    public static (Trial Trial, double Began) Edit(string path, string content, TimeSpan bound)
    {
        using var happened = new AutoResetEvent(false);
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!);
        watcher.Changed += (_, _) => happened.Set();
        watcher.Renamed += (_, _) => happened.Set();
        watcher.EnableRaisingEvents = true;
        var began = Stopwatch.GetTimestamp();
        Write(path, "number = 0\n"u8);
        double? restored = null;
        while (restored is null && Stopwatch.GetElapsedTime(began) < bound)
        {
            happened.WaitOne(20);
            if (Read(path) == content)
                restored = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return (new Trial("file", null, null, restored), LinkObserver.Seconds(began));
    }

    // Opened with sharing and, as this program is configured, without a lock.
    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var file = new FileStream(path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Write(content);
    }

    private static string Read(string path)
    {
        using var reader = new StreamReader(
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0)
        );
        return reader.ReadToEnd();
    }
}
