using System.Net;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Cloudlet.Wire.Grpc;

/// <summary>Options of a server.</summary>
public sealed record GrpcServerOptions
{
    /// <summary>Port on 127.0.0.1; 0: any free one.</summary>
    public int Port { get; init; }

    /// <summary>Largest message in either direction, in bytes.</summary>
    public int MaxMessage { get; init; } = GrpcLimits.MaxMessage;

    /// <summary>
    /// Maps an exception of a handler to a status, unless it is a <see cref="GrpcException"/> or the cancelled call. Without a function, or
    /// when it returns null: Internal with type and message.
    /// </summary>
    public Func<Exception, GrpcStatus?>? StatusOf { get; init; }
}

/// <summary>
/// Serves unary gRPC over cleartext HTTP/2 on loopback. Nothing is written to the console: the first line of a plugin's output belongs to
/// its protocol. There is no generic host around the server, so signals stay with the program.
/// </summary>
public sealed class GrpcServer : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;
    private readonly CancellationTokenSource _stopping;

    private GrpcServer(KestrelServer kestrel, CancellationTokenSource stopping, int port)
    {
        _kestrel = kestrel;
        _stopping = stopping;
        Port = port;
    }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Starts a server.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<GrpcServer> StartAsync(
        GrpcServices services,
        GrpcServerOptions? options = null,
        CancellationToken ct = default
    )
    {
        options ??= new GrpcServerOptions();
        var settings = Settings(options);
        var server = new KestrelServer(
            Options.Create(settings),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance
        );
        var stop = new CancellationTokenSource();
        try
        {
            await server.StartAsync(new GrpcApplication(services, options, stop.Token), ct);
            return new GrpcServer(server, stop, PortOf(server));
        }
        catch
        {
            server.Dispose();
            stop.Dispose();
            throw;
        }
    }

    private static KestrelServerOptions Settings(GrpcServerOptions options)
    {
        var settings = new KestrelServerOptions { AddServerHeader = false };
        settings.Listen(new IPEndPoint(IPAddress.Loopback, options.Port), listen => listen.Protocols = HttpProtocols.Http2);
        var limits = settings.Limits;
        limits.MaxRequestBodySize = null; // we check the message size ourselves, so that the sender gets a status and not an HTTP error
        // An engine may be silent for as long as its user thinks, and a call may take hours.
        // Kestrel adds an "infinite" time to its clock, which overflows, and closes idle connections after a second. So we use a year.
        limits.KeepAliveTimeout = TimeSpan.FromDays(365);
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.Http2.MaxStreamsPerConnection = 10_000;
        limits.Http2.InitialConnectionWindowSize = 4 << 20;
        limits.Http2.InitialStreamWindowSize = 1 << 20;
        return settings;
    }

    /// <summary>Cancels the calls in progress, gives them <paramref name="patience"/> to finish, and stops serving.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        await _stopping.CancelAsync();
        await _kestrel.StopAsync(limit.Token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(2));
        _kestrel.Dispose();
        _stopping.Dispose();
    }

    private static int PortOf(KestrelServer server)
    {
        foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            return new Uri(address).Port;
        throw new InvalidOperationException("the server is not listening");
    }
}
