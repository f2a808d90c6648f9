using System.Diagnostics;
using System.Globalization;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Benchmarks.Service;

/// <summary>The published service in a process of its own, with a folder of its own.</summary>
internal sealed class MeasuredService : IAsyncDisposable
{
    private const int TicksPerSecond = 100; // sysconf(_SC_CLK_TCK) of Linux

    private readonly DirectoryInfo _folder;
    private readonly Process _process;

    private MeasuredService(Process process, DirectoryInfo folder) => (_process, _folder) = (process, folder);

    /// <summary>Seconds from the start of the process to its first answer.</summary>
    public double StartSeconds { get; private set; }

    /// <summary>The store that it uses, as an administrator sees it.</summary>
    public RuntimeStore Store => new(Path.Combine(_folder.FullName, "state", "runtime"));

    /// <summary>A client on its socket: root, an administrator.</summary>
    public ServiceClient Socket() => new(ServiceLogin.Parse($"unix:{_folder.FullName}/api.sock"));

    /// <summary>A place beside its state.</summary>
    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>Resident memory, MB (10⁶ bytes).</summary>
    public double Rss => _process.Refreshed().WorkingSet64 / 1e6;

    /// <summary>Processor time so far, seconds.</summary>
    public double CpuSeconds
    {
        get
        {
            var fields = File.ReadAllText($"/proc/{_process.Id}/stat").Split(") ")[1].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture))
                / (double)TicksPerSecond;
        }
    }

    /// <summary>Starts it on loopback.</summary>
    public static async Task<MeasuredService> StartAsync(int port, CancellationToken ct)
    {
        var program = Path.Combine(Published.Root(), "artifacts", "service", "cloudlet-service");
        if (!File.Exists(program))
            throw new CloudletException(ErrorKind.NotFound, $"there is no {program}: run build/publish first");
        var folder = Directory.CreateTempSubdirectory("cloudlet-bench-");
        var config = Path.Combine(folder.FullName, "service.json");
        await File.WriteAllTextAsync(
            config,
            $$$"""
            {"state":"{{{folder.FullName}}}/state","socket":"{{{folder.FullName}}}/api.sock","listen":["https://127.0.0.1:{{{port}}}"],
             "requestsPerMinute":0,"quota":{"vms":100,"memoryMib":1000000,"storageMib":1000000,"uploads":10}}
            """,
            ct
        );
        var watch = Stopwatch.StartNew();
        var process = Process.Start(
            new ProcessStartInfo(program, ["--config", config]) { UseShellExecute = false, RedirectStandardOutput = true }
        )!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        var service = new MeasuredService(process, folder);
        while (true)
            try
            {
                using var client = service.Socket();
                await client.GetAsync("/v1/identity", AnswerJson.Default.IdentityView, ct);
                service.StartSeconds = watch.Elapsed.TotalSeconds;
                return service;
            }
            catch (CloudletException e) when (e.CanRetry && watch.Elapsed < TimeSpan.FromMinutes(1))
            {
                await Task.Delay(5, ct);
            }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var vm in new Synthesis.Vms.VmCatalog(Store).List())
            await new Synthesis.Vms.VmStopper(Store).StopAsync(
                vm.Id,
                force: true,
                remove: true,
                TimeSpan.FromSeconds(10),
                new Progress<string>(),
                CancellationToken.None
            );
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }
}

/// <summary>Current figures of a process.</summary>
internal static class ProcessExtensions
{
    /// <summary>The process, asked again.</summary>
    public static Process Refreshed(this Process process)
    {
        process.Refresh();
        return process;
    }
}
