using System.Diagnostics;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>A file that is edited, watched until its content is back.</summary>
internal static class FileTrial
{
    /// <summary>Writes something else into the file, in place, and looks every millisecond whether the content is back.</summary>
    /// <param name="path">The file on this machine.</param>
    /// <param name="content">What is described.</param>
    /// <param name="bound">How long to wait at most.</param>
    /// <returns>The trial without the decision, and the moment before the edit, s of the monotonic clock.</returns>
    public static (Trial Trial, double Began) Edit(string path, string content, TimeSpan bound)
    {
        var began = Stopwatch.GetTimestamp();
        File.WriteAllText(path, "number = 0\n");
        double? restored = null;
        while (restored is null && Stopwatch.GetElapsedTime(began) < bound)
        {
            Thread.Sleep(1);
            if (File.ReadAllText(path) == content)
                restored = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        return (new Trial("file", null, null, restored), LinkObserver.Seconds(began));
    }
}
