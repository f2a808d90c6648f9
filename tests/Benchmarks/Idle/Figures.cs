namespace Cloudlet.Benchmarks.Idle;

/// <summary>A process at one moment, from /proc.</summary>
/// <param name="Rss">Resident set, kB.</param>
/// <param name="Anon">Of it: anonymous memory, kB.</param>
/// <param name="File">Of it: pages of files, kB.</param>
/// <param name="Shmem">Of it: shared memory, kB.</param>
/// <param name="Pss">Resident set with shared pages divided among the processes that share them, kB.</param>
/// <param name="Peak">The largest resident set so far, kB.</param>
/// <param name="Seconds">Processor time of the process and its exited children, s.</param>
/// <param name="Switches">Voluntary context switches of the present threads.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Descriptors">Open descriptors.</param>
internal sealed record Figures(
    long Rss,
    long Anon,
    long File,
    long Shmem,
    long Pss,
    long Peak,
    double Seconds,
    long Switches,
    int Threads,
    int Descriptors
)
{
    private const double TicksASecond = 100;

    /// <summary>Resident set, MB (10⁶ bytes).</summary>
    public double Megabytes => ToMegabytes(Rss);

    /// <summary>kB of the kernel (1024 bytes) as MB (10⁶ bytes).</summary>
    public static double ToMegabytes(long kilobytes) => kilobytes * 1024 / 1e6;

    /// <summary>Parses the output of figures.sh.</summary>
    public static Figures Parse(string said)
    {
        var values = said.Split('\n').Select(l => l.Split(' ')).ToDictionary(l => l[0], l => long.Parse(l[1]));
        return new Figures(
            values["VmRSS"],
            values["RssAnon"],
            values["RssFile"],
            values["RssShmem"],
            values["Pss"],
            values["VmHWM"],
            values["Ticks"] / TicksASecond,
            values["Switches"],
            (int)values["Threads"],
            (int)values["Descriptors"]
        );
    }
}

/// <summary>A process over a period in which nothing happened.</summary>
/// <param name="Program">Its name.</param>
/// <param name="Begin">At the beginning.</param>
/// <param name="End">At the end.</param>
/// <param name="Period">The time between, s.</param>
internal sealed record IdleProcess(string Program, Figures Begin, Figures End, double Period)
{
    /// <summary>Processor time as a share of one core, %.</summary>
    public double CpuPercent => (End.Seconds - Begin.Seconds) / Period * 100;

    /// <summary>Voluntary context switches of all threads per second: each one implies a wake-up before it.</summary>
    public double WakeUps => (End.Switches - Begin.Switches) / Period;
}
