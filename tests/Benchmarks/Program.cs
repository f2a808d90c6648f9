using System.Runtime.InteropServices;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Benchmarks.Converge;
using Cloudlet.Benchmarks.Heal;
using Cloudlet.Benchmarks.Idle;
using Cloudlet.Benchmarks.Nova;
using Cloudlet.Benchmarks.Overlay;
using Cloudlet.Benchmarks.Pulumi;
using Cloudlet.Benchmarks.Service;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Overlays;

const string Only = "--only=";
if (args is [MovedOverlay.Verb, var before, var after, var index, var overlay, var effort])
{
    MovedOverlay.Cut(before, after, index, overlay, Enum.Parse<OverlayEffort>(effort));
    return 0;
}

Benchmark[] benchmarks =
[
    new(
        "converge",
        "cloudlet, ansible, puppet and cfengine bring one lab host to the same state; network namespaces by the hundred",
        ConvergeBenchmark.ReportAsync
    ),
    new("pulumi", "`pulumi up` with nothing to do, beside that of an empty program", PulumiBenchmark.ReportAsync),
    new(
        "heal",
        "how soon the health daemon sees and repairs what is deleted, beside systemd-networkd, monit, cfengine and ansible",
        HealBenchmark.ReportAsync
    ),
    new(
        "idle",
        "memory, CPU and wake-ups of the health daemon that has nothing to do, and after 100,000 events, beside networkd, monit and "
            + "cf-execd",
        IdleBenchmark.ReportAsync
    ),
    new(
        "nova",
        "'No valid host was found' on real Nova: from the break to the next server that runs, with the health daemon and without",
        NovaBenchmark.ReportAsync
    ),
    new(
        "overlay",
        "size and time of VM overlays of real guests, beside xdelta3, zstd --patch-from and bsdiff on the same bytes",
        OverlayBenchmark.ReportAsync
    ),
    new(
        "resume",
        "the last part of overlay alone: unchanged data, and how soon a resumed VM runs, beside a bare QEMU and -incoming",
        OverlayBenchmark.ReportResumeAsync
    ),
    new(
        "service",
        "what the API of the cloudlet service costs above the runtime, and what the service costs when nothing is asked of it",
        ServiceBenchmark.ReportAsync
    ),
];
var help = $"""
    Benchmarks of Provision. All need root, for a lab host.
      dotnet run -c Release --project tests/Benchmarks -- NAME [--quick] [--json] [--keep] [--only=TEXT,TEXT]

    {string.Join("\n", benchmarks.Select(b => $"{b.Name, -10}  {b.Help}"))}

      --quick   fewer runs
      --json    one JSON document instead of tables
      --keep    leave the lab host up
      --only=TEXT,TEXT   of overlay: the corpora whose names hold one of these
    Uses artifacts/publish/cloudlet (build/publish). Images of lab hosts are kept in $CLOUDLET_LAB_STORE or the folder for temporary files.
    """;

if (args is [] or ["--help", ..] or [_, "--help"])
{
    Console.WriteLine(help);
    return 0;
}

if (
    Array.Find(benchmarks, b => b.Name == args[0]) is not { } benchmark
    || args.Skip(1).Any(a => a is not ("--quick" or "--json" or "--keep") && !a.StartsWith(Only, StringComparison.Ordinal))
)
{
    Console.Error.WriteLine(help);
    return 3;
}

if (!Environment.IsPrivilegedProcess)
{
    Console.Error.WriteLine($"{benchmark.Name}: needs root, for containers and network namespaces");
    return 1;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var options = new BenchOptions(
        args.Contains("--quick"),
        args.Contains("--json"),
        args.Contains("--keep"),
        args.FirstOrDefault(a => a.StartsWith(Only, StringComparison.Ordinal))?[Only.Length..] ?? ""
    );
    Console.WriteLine(await benchmark.RunAsync(options, Console.Error, stop.Token));
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine($"{benchmark.Name}: interrupted; the lab host and the namespaces are removed");
    return 130;
}
catch (CloudletException e)
{
    Console.Error.WriteLine($"{benchmark.Name}: {e.Message}");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
