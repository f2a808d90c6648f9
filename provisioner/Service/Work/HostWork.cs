using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Service.Work;

/// <summary>What the host has, and how it is.</summary>
/// <param name="store">The runtime's store.</param>
/// <param name="clock">Tells how old answers are.</param>
public sealed class HostWork(RuntimeStore store, TimeProvider clock)
{
    private const int LongestHealth = 4 << 20;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private (string? Version, string? Problem, long At)? _qemu;

    /// <summary>The health daemon's status.</summary>
    internal string HealthFile { get; set; } = "/run/cloudlet/health/status.json";

    /// <summary>Version of this program.</summary>
    public static string Version { get; } =
        typeof(HostWork).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The host.</summary>
    public async Task<HostView> LookAsync(CancellationToken ct)
    {
        var memory = MemoryInfo();
        var drive = new DriveInfo(ExistingParent(store.Folder));
        var (version, problem) = await QemuAsync(ct);
        return new HostView(
            Environment.MachineName,
            Version,
            Environment.ProcessorCount,
            memory.GetValueOrDefault("MemTotal"),
            memory.GetValueOrDefault("MemAvailable"),
            drive.TotalSize,
            drive.AvailableFreeSpace,
            double.Parse((await File.ReadAllTextAsync("/proc/loadavg", ct)).Split(' ')[0], CultureInfo.InvariantCulture),
            new VmCatalog(store).List().Count(v => v.IsAlive)
        )
        {
            QemuVersion = version,
            QemuProblem = problem,
            Health = Health(),
        };
    }

    /// <summary>Why no VM can be started here, or null.</summary>
    public async Task<string?> ProblemAsync(CancellationToken ct) => (await QemuAsync(ct)).Problem;

    private async Task<(string? Version, string? Problem)> QemuAsync(CancellationToken ct)
    {
        if (_qemu is { } known && clock.GetElapsedTime(known.At) < Fresh)
            return (known.Version, known.Problem);
        string? version = null,
            problem = null;
        try
        {
            version = (await QemuHost.FindAsync(store, ct)).Version;
        }
        catch (CloudletException e)
        {
            problem = e.Message;
        }

        _qemu = (version, problem, clock.GetTimestamp());
        return (version, problem);
    }

    private JsonElement? Health()
    {
        try
        {
            if (new FileInfo(HealthFile) is not { Exists: true, Length: < LongestHealth })
                return null;
            using var document = JsonDocument.Parse(File.ReadAllBytes(HealthFile));
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static Dictionary<string, long> MemoryInfo() =>
        File.ReadLines("/proc/meminfo")
            .Select(l => l.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f is [_, _, "kB"])
            .ToDictionary(f => f[0], f => long.Parse(f[1], CultureInfo.InvariantCulture) << 10);

    private static string ExistingParent(string path)
    {
        while (!Directory.Exists(path))
            path = Path.GetDirectoryName(path)!;
        return path;
    }
}
