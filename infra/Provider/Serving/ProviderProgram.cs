using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cloudlet.Provider.Agents;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Grpc;

namespace Cloudlet.Provider.Serving;

/// <summary>
/// The life cycle of the process. The engine starts it with its own address, reads a port from the first line of standard output, and
/// ends it with Cancel and an interrupt.
/// </summary>
internal static class ProviderProgram
{
    private const int Invalid = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(3);

    private const string Help = """
        pulumi-resource-cloudlet: Pulumi's provider of cloudlet hosts (resource cloudlet:index:Host).

        Pulumi's engine starts it. In Pulumi.yaml:
          plugins: {providers: [{name: cloudlet, path: FOLDER-OF-THIS-FILE}]}

        To debug it, start it by hand without an argument, and tell Pulumi the port:
          PULUMI_DEBUG_PROVIDERS=cloudlet:PORT pulumi up

          --port PORT    listen on this port of 127.0.0.1 instead of any free one
          --schema       print the schema of the package and exit
          --version      print the version and exit
          --help         print this help and exit
        """;

    /// <summary>Runs until it is told to stop.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        var port = 0;
        string? engine = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h":
                    await Console.Out.WriteLineAsync(Help);
                    return 0;
                case "--version":
                    await Console.Out.WriteLineAsync(ProviderService.Version);
                    return 0;
                case "--schema":
                    await Console.Out.WriteLineAsync(PluginSchema.Generate(ProviderService.Version));
                    return 0;
                case "--port"
                    when i + 1 < args.Length
                        && ushort.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                    (port, i) = (number, i + 1);
                    break;
                case "--tracing" when i + 1 < args.Length:
                    i++; // the engine's trace endpoint; we write no traces
                    break;
                case var flag
                    when flag is "--logtostderr" or "-logtostderr"
                        || flag.StartsWith("-v=", StringComparison.Ordinal)
                        || flag.StartsWith("--v=", StringComparison.Ordinal):
                    break;
                case var address when engine is null && !address.StartsWith('-'):
                    engine = address;
                    break;
                default:
                    await Console.Error.WriteLineAsync($"pulumi-resource-cloudlet: unknown argument \"{args[i]}\"; see --help");
                    return Invalid;
            }
        }

        try
        {
            return await ServeAsync(port, engine);
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            await Console.Error.WriteLineAsync($"pulumi-resource-cloudlet: {e.Message}");
            return Invalid;
        }
    }

    private static async Task<int> ServeAsync(int port, string? engine)
    {
        await using var log = new EngineLog();
        if (engine is not null)
            log.Connect(engine);
        using var claims = engine is null ? null : new RunClaims(RunClaims.UsualFolder, engine);
        using var service = new ProviderService(log, static settings => new AgentConnector(settings, TimeProvider.System), claims);
        await using var server = await GrpcServer.StartAsync(
            service.Services(),
            new GrpcServerOptions { Port = port, StatusOf = GrpcStatusMapper.Of }
        );
        using var ending = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

        // The engine reads the first line as the port.
        await Console.Out.WriteLineAsync(server.Port.ToString(CultureInfo.InvariantCulture));
        await Console.Out.FlushAsync();
        await UntilAsync(engine, ending.Token);
        await server.StopAsync(Patience);
        return 0;

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            ending.Cancel();
        }
    }

    /// <summary>
    /// Waits until the process is told to stop, or until the engine that started it is gone: a killed engine sends no Cancel.
    /// </summary>
    private static async Task UntilAsync(string? engine, CancellationToken ending)
    {
        var missed = 0;
        try
        {
            while (missed < 2)
            {
                await Task.Delay(engine is null ? Timeout.InfiniteTimeSpan : BetweenLooks, ending);
                missed = await IsThereAsync(engine!, ending) ? 0 : missed + 1;
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private static async Task<bool> IsThereAsync(string address, CancellationToken ct)
    {
        var colon = address.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            return true;
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(address[..colon].Trim('[', ']'), port, ct);
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is not (SocketError.ConnectionRefused or SocketError.ConnectionReset);
        }
    }
}
