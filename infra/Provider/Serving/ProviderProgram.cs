using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Cloudlet.Provider.Agents;
using Cloudlet.Wire.Grpc;

namespace Cloudlet.Provider.Serving;

/// <summary>The life of the process. The engine starts it with its own address, reads a port from the first line of standard output, and ends it with Cancel and an interrupt.</summary>
internal static class ProviderProgram
{
    private const int Invalid = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(3);

    private const string Help =
        """
        pulumi-resource-cloudlet: Pulumi's provider of cloudlet hosts (resource cloudlet:index:Host).

        Pulumi's engine starts it; nobody needs to. In Pulumi.yaml:
          plugins: {providers: [{name: cloudlet, path: FOLDER-OF-THIS-FILE}]}

        To look into it with a debugger, start it by hand without an argument, and say the port to Pulumi:
          PULUMI_DEBUG_PROVIDERS=cloudlet:PORT pulumi up

          --port PORT    listen on this port of 127.0.0.1, not on any free one
          --schema       print the schema of the package and end
          --version      print the version and end
          --help         print this and end
        """;

    /// <summary>Runs until somebody ends it.</summary>
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
                case "--port" when i + 1 < args.Length && ushort.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number):
                    (port, i) = (number, i + 1);
                    break;
                case "--tracing" when i + 1 < args.Length:
                    i++; // the engine hands on where traces go; there are none of ours
                    break;
                case var flag when flag is "--logtostderr" or "-logtostderr" || flag.StartsWith("-v=", StringComparison.Ordinal) || flag.StartsWith("--v=", StringComparison.Ordinal):
                    break;
                case var address when engine is null && !address.StartsWith('-'):
                    engine = address;
                    break;
                default:
                    await Console.Error.WriteLineAsync($"pulumi-resource-cloudlet: \"{args[i]}\" is not understood; see --help");
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
        using var service = new ProviderService(log, static settings => new HostDoor(settings, TimeProvider.System));
        await using var server = await GrpcServer.StartAsync(service.Services(), new GrpcServerOptions { Port = port, StatusOf = Statuses.Of });
        using var ending = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

        // The engine reads the first line, and it has to be this.
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

    /// <summary>Until somebody ends us, or the engine that started us is gone without a word: killed, it sends no Cancel, and nobody else knows that we run.</summary>
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
            // Somebody ended us.
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
