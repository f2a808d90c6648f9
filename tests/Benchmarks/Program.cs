using System.Runtime.InteropServices;
using Cloudlet.Benchmarks.Converge;
using Cloudlet.Errors;

const string Help = """
    Benchmarks of Provision.
      dotnet run -c Release --project tests/Benchmarks -- converge [--quick] [--json] [--keep]

    converge    cloudlet, ansible, puppet and cfengine bring one lab host to the same state; network namespaces by the hundred. Needs root.
      --quick   fewer runs
      --json    one JSON document instead of tables
      --keep    leave the lab host up
    Uses artifacts/publish/cloudlet (build/publish). Images of lab hosts are kept in $CLOUDLET_LAB_STORE or the folder for temporary files.
    """;

var options = new ConvergeOptions(args.Contains("--quick"), args.Contains("--json"), args.Contains("--keep"));
if (args is not ["converge", ..] || args.Skip(1).Any(a => a is not ("--quick" or "--json" or "--keep")))
{
    Console.WriteLine(Help);
    return args is [] or ["--help", ..] or ["converge", "--help", ..] ? 0 : 3;
}

if (!Environment.IsPrivilegedProcess)
{
    Console.Error.WriteLine("converge: needs root, for containers and network namespaces");
    return 1;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var result = await new ConvergeBenchmark(options, Console.Error).RunAsync(stop.Token);
    Console.WriteLine(options.Json ? ConvergeReport.Json(result) : ConvergeReport.Markdown(result));
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("converge: interrupted; the lab host and the namespaces are removed");
    return 130;
}
catch (CloudletException e)
{
    Console.Error.WriteLine($"converge: {e.Message}");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
