using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Cloudlet.Benchmarks.Common;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Service;

/// <summary>What the API of the cloudlet service costs above the runtime, and what the service costs when nothing is asked of it.</summary>
internal static class ServiceBenchmark
{
    private const int Clients = 200;

    /// <summary>Measures and reports.</summary>
    public static async Task<string> ReportAsync(BenchOptions options, TextWriter progress, CancellationToken ct)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"- {MachineLines.Begin()}");
        await using var service = await MeasuredService.StartAsync(FreePort(), ct);
        progress.WriteLine("idle");
        var idle = await IdleAsync(service, options.Quick ? 20 : 120, ct);
        progress.WriteLine("resume");
        var (library, api) = await ResumeAsync(service, options.Quick ? 5 : 20, ct);
        progress.WriteLine($"lists by {Clients} clients");
        var lists = await ListsAsync(service, TimeSpan.FromSeconds(options.Quick ? 10 : 60), ct);
        progress.WriteLine("upload");
        var upload = await UploadAsync(service, options.Quick ? 256 : 1024, ct);
        text.AppendLine(CultureInfo.InvariantCulture, $"- {MachineLines.End()}").AppendLine();
        text.AppendLine("| what | value |").AppendLine("| --- | --- |");
        Row("start to the first answer", $"{service.StartSeconds:0.00} s");
        Row("idle: RSS", $"{idle.Rss:0.0} MB");
        Row("idle: processor", $"{idle.Cpu:0.000} % of a core");
        Row("resume by the library, p50 / max", $"{library.P50:0.0} / {library.Max:0.0} ms");
        Row("resume by the API until the event that it runs, p50 / max", $"{api.P50:0.0} / {api.Max:0.0} ms");
        Row($"lists by {Clients} clients at once, p50 / p99 / max", $"{lists.Times.P50:0} / {lists.Times.P99:0} / {lists.Times.Max:0} ms");
        Row("lists: requests, errors", $"{lists.Times.Values.Count} , {lists.Errors}");
        Row("after that: RSS", $"{service.Rss:0.0} MB");
        Row("upload, by the API on the socket", $"{upload.Sent:0} MB/s");
        Row("the same bytes: SHA-256 / written to the disk", $"{upload.Digest:0} / {upload.Disk:0} MB/s");
        Aim.Table(
            text,
            [
                Aim.AtMost("overhead of the API in a resume, p50,", 20, api.P50 - library.P50, "ms"),
                Aim.AtMost($"{Clients} clients reading lists: p99", 100, lists.Times.P99, "ms"),
                Aim.AtMost("errors of these", 0, lists.Errors, "errors"),
                Aim.AtMost("idle RSS", 80, idle.Rss, "MB"),
                Aim.AtMost("idle processor", 0.2, idle.Cpu, "%"),
                new Aim(
                    "upload ≥ half of the slower of digest and disk",
                    $"{upload.Sent / Math.Min(upload.Digest, upload.Disk):0.00}",
                    upload.Sent >= Math.Min(upload.Digest, upload.Disk) / 2
                ),
            ]
        );
        return text.ToString();

        void Row(string what, string value) => text.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {value} |");
    }

    private static async Task<(double Rss, double Cpu)> IdleAsync(MeasuredService service, int seconds, CancellationToken ct)
    {
        await Task.Delay(TimeSpan.FromSeconds(15), ct);
        var (watch, before) = (Stopwatch.StartNew(), service.CpuSeconds);
        await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
        return (service.Rss, 100 * (service.CpuSeconds - before) / watch.Elapsed.TotalSeconds);
    }

    /// <summary>Both in turns. The guest is a firmware that finds nothing to boot: what it does makes no difference here.</summary>
    private static async Task<(Samples Library, Samples Api)> ResumeAsync(MeasuredService service, int runs, CancellationToken ct)
    {
        var quiet = new Progress<string>();
        var disk = service["empty.raw"];
        await using (var file = File.Create(disk))
            file.SetLength(64 << 20);
        var creation = new BaseCreation
        {
            Source = disk,
            Format = "raw",
            Name = "empty",
            MemoryBytes = 64 << 20,
            Until = new Readiness(ReadinessKind.Time, "", 2),
        };
        var baseVm = await new BaseCreator(service.Store).CreateAsync(creation, quiet, ct);
        using var client = service.Socket();
        var (library, api) = (new List<double>(), new List<double>());
        for (var i = 0; i <= runs; i++)
        {
            var watch = Stopwatch.StartNew();
            var one = await new VmStarter(service.Store).StartAsync(new VmStartOptions { Base = baseVm }, quiet, ct);
            var ours = watch.Elapsed.TotalMilliseconds;
            watch.Restart();
            var (id, theirs) = await ResumeByApiAsync(client, watch, ct);
            if (i > 0)
            {
                library.Add(ours);
                api.Add(theirs);
            }

            foreach (var vm in new[] { one.Id, id })
                await new VmStopper(service.Store).StopAsync(vm, true, true, TimeSpan.FromSeconds(10), quiet, ct);
        }

        return (new Samples(library), new Samples(api));
    }

    private static async Task<(string Id, double Milliseconds)> ResumeByApiAsync(
        ServiceClient client,
        Stopwatch watch,
        CancellationToken ct
    )
    {
        var operation = await client.PostAsync(
            "/v1/vms",
            new CreateVmRequest { Base = "empty" },
            RequestJson.Default.CreateVmRequest,
            AnswerJson.Default.OperationView,
            ct
        );
        var runs = new FirstRunning(watch);
        var made = await client.FollowAsync(operation, runs, ct);
        return (made!.Id, runs.Milliseconds);
    }

    private static async Task<(Samples Times, int Errors)> ListsAsync(MeasuredService service, TimeSpan lasts, CancellationToken ct)
    {
        var times = new List<double>[Clients];
        var errors = 0;
        var end = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Clients)
                .Select(async i =>
                {
                    times[i] = [];
                    using var client = service.Socket();
                    while (end.Elapsed < lasts)
                    {
                        var watch = Stopwatch.StartNew();
                        try
                        {
                            await client.ListAsync("/v1/bases", AnswerJson.Default.PageBaseView, ct);
                            times[i].Add(watch.Elapsed.TotalMilliseconds);
                        }
                        catch (Errors.CloudletException)
                        {
                            Interlocked.Increment(ref errors);
                        }

                        await Task.Delay(1000, ct); // a page that looks once a second
                    }
                })
        );
        return (new Samples([.. times.SelectMany(t => t)]), errors);
    }

    private static async Task<(double Sent, double Digest, double Disk)> UploadAsync(MeasuredService service, int mib, CancellationToken ct)
    {
        var (file, copy) = (service["upload"], service["copy"]);
        var part = RandomNumberGenerator.GetBytes(1 << 20);
        await using (var to = File.Create(file))
            for (var i = 0; i < mib; i++)
                await to.WriteAsync(part, ct);
        var bytes = (double)mib * (1 << 20) / 1e6;
        using var client = service.Socket();
        var watch = Stopwatch.StartNew();
        await using (var from = File.OpenRead(file))
            await SHA256.HashDataAsync(from, ct);
        var digest = watch.Elapsed.TotalSeconds;
        watch.Restart();
        await using (var to = File.Create(copy))
        {
            for (var i = 0; i < mib; i++)
                await to.WriteAsync(part, ct);
            to.Flush(flushToDisk: true);
        }

        var disk = watch.Elapsed.TotalSeconds;
        File.Delete(copy);
        watch.Restart();
        var id = await client.UploadAsync(file, new Progress<long>(), ct);
        var sent = watch.Elapsed.TotalSeconds - digest; // the client computes the digest first
        await client.DeleteAsync($"/v1/uploads/{id}", ct);
        File.Delete(file);
        return (bytes / sent, bytes / digest, bytes / disk);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>When an operation first says that its guest runs.</summary>
    private sealed class FirstRunning(Stopwatch watch) : IProgress<OperationView>
    {
        public double Milliseconds { get; private set; } = double.NaN;

        public void Report(OperationView value)
        {
            if (double.IsNaN(Milliseconds) && value.Step?.StartsWith("the guest runs", StringComparison.Ordinal) == true)
                Milliseconds = watch.Elapsed.TotalMilliseconds;
        }
    }
}
