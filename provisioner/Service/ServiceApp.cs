using System.Net;
using System.Net.Security;
using System.Threading.RateLimiting;
using Cloudlet.Service.Access;
using Cloudlet.Service.Operations;
using Cloudlet.Service.Routes;
using Cloudlet.Service.Settings;
using Cloudlet.Service.Tls;
using Cloudlet.Service.Work;
using Cloudlet.Synthesis;
using Cloudlet.Synthesis.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Cloudlet.Service;

/// <summary>Puts the service together.</summary>
public static class ServiceApp
{
    private const int LongestBody = 1 << 20;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    /// <summary>Builds the service; it listens when it is started.</summary>
    /// <param name="settings">The configuration.</param>
    /// <exception cref="Errors.CloudletException">InvalidInput: a certificate or an address can't be used.</exception>
    public static WebApplication Build(ServiceSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        Telemetry.Add(builder, settings);
        AddWork(builder.Services, settings);
        AddAccess(builder.Services, settings);
        builder.Services.AddOpenApi("v1", OpenApiFrame.Configure);
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel((_, kestrel) => Listen(kestrel, settings));
        var app = builder.Build();
        app.Use(app.Services.GetRequiredService<IdleMemory>().CountAsync);
        app.UseMiddleware<RequestFrame>();
        app.UseWebSockets();
        app.UseRouting();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseMiddleware<Idempotency>();
        Telemetry.Map(app);
        BaseRoutes.Map(app);
        VmRoutes.Map(app);
        OverlayRoutes.Map(app);
        UploadRoutes.Map(app);
        OperationRoutes.Map(app);
        AccessRoutes.Map(app);
        HostRoutes.Map(app);
        StoreRoutes.Map(app);
        app.MapOpenApi().AllowAnonymous();
        return app;
    }

    /// <summary>Prepares what an earlier run left, and opens the socket to its group.</summary>
    /// <param name="app">The service.</param>
    /// <param name="settings">Its configuration.</param>
    public static async Task StartAsync(WebApplication app, ServiceSettings settings)
    {
        PrepareFolders(settings);
        var services = app.Services;
        new StoreKeeper(services.GetRequiredService<RuntimeStore>()).Collect();
        services.GetRequiredService<OperationBook>().Load();
        services.GetRequiredService<UploadBook>().Load();
        services.GetRequiredService<ExportShelf>().Collect();
        if (settings.Listen.Any(l => ListenAddress.Parse(l).IsSecure))
            services.GetRequiredService<ServerCertificates>().Current();
        await app.StartAsync();
        ShareSocket(settings);
    }

    /// <summary>Ends the operations, then the service. VMs continue.</summary>
    /// <param name="app">The service.</param>
    public static async Task StopAsync(WebApplication app)
    {
        await app.Services.GetRequiredService<OperationBook>().StopAsync(StopLimit);
        await app.StopAsync();
    }

    private static void AddWork(IServiceCollection services, ServiceSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new RuntimeStore(settings.StoreFolder));
        services.AddSingleton(s => new AuditLog(settings.State, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton(s => new AccountBook(settings.State, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IdleMemory>().AddHostedService(static s => s.GetRequiredService<IdleMemory>());
        services.AddSingleton<KeystoneCallers>();
        services.AddSingleton<QuotaGuard>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<OperationBook>(s, Path.Combine(settings.State, "operations")));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<UploadBook>(s, Path.Combine(settings.State, "uploads")));
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<ExportShelf>(s, Path.Combine(settings.State, "exports")));
        services.AddSingleton<ServerCertificates>();
        services.AddSingleton<Workshop>();
        services.AddSingleton<BaseWork>();
        services.AddSingleton<VmWork>();
        services.AddSingleton<OverlayWork>();
        services.AddSingleton<HostWork>();
    }

    private static void AddAccess(IServiceCollection services, ServiceSettings settings)
    {
        services.AddAuthentication(CallerHandler.Name).AddScheme<AuthenticationSchemeOptions, CallerHandler>(CallerHandler.Name, _ => { });
        var authorization = services
            .AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        foreach (var role in Enum.GetValues<Role>().Select(Caller.WordOf))
            authorization.AddPolicy(role, p => p.RequireRole(role));
        services.AddRateLimiter(o =>
        {
            o.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            o.OnRejected = (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                return ValueTask.CompletedTask;
            };
            o.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context =>
                settings.RequestsPerMinute == 0
                    ? RateLimitPartition.GetNoLimiter("")
                    : RateLimitPartition.GetTokenBucketLimiter(
                        Caller.Of(context.User)?.Account ?? $"from {context.Connection.RemoteIpAddress}",
                        _ => BucketOf(settings.RequestsPerMinute)
                    )
            );
        });
    }

    private static TokenBucketRateLimiterOptions BucketOf(int perMinute) =>
        new()
        {
            TokenLimit = Math.Max(perMinute / 10, 1),
            TokensPerPeriod = Math.Max(perMinute / 60, 1),
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = 0,
        };

    private static void Listen(KestrelServerOptions kestrel, ServiceSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = LongestBody;
        kestrel.Limits.MaxConcurrentConnections = 1000;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        var folder = Path.GetDirectoryName(settings.Socket)!;
        if (!Directory.Exists(folder))
            Directory.CreateDirectory(
                folder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
            );
        File.Delete(settings.Socket);
        kestrel.ListenUnixSocket(settings.Socket);
        foreach (var address in settings.Listen.Select(ListenAddress.Parse))
            kestrel.Listen(
                new IPEndPoint(address.Ip, address.Port),
                listen =>
                {
                    if (address.IsSecure)
                        listen.UseHttps(
                            new TlsHandshakeCallbackOptions
                            {
                                OnConnection = context =>
                                    ValueTask.FromResult(
                                        new SslServerAuthenticationOptions
                                        {
                                            ServerCertificateContext = listen
                                                .ApplicationServices.GetRequiredService<ServerCertificates>()
                                                .Current(),
                                            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                                        }
                                    ),
                            }
                        );
                }
            );
    }

    /// <summary>Only the service's user may enter its folders, but QEMU's user passes through them to the store.</summary>
    private static void PrepareFolders(ServiceSettings settings)
    {
        const UnixFileMode Passable =
            UnixFileMode.UserRead
            | UnixFileMode.UserWrite
            | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute
            | UnixFileMode.OtherExecute;
        if (!Directory.Exists(settings.State))
            File.SetUnixFileMode(Directory.CreateDirectory(settings.State).FullName, Passable);
        foreach (var name in (string[])["operations", "uploads", "exports"])
            Directory.CreateDirectory(
                Path.Combine(settings.State, name),
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
    }

    private static void ShareSocket(ServiceSettings settings)
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        File.SetUnixFileMode(settings.Socket, Mode);
        if (SocketPeer.GroupNumber(settings.SocketGroup) is { } group && (Environment.IsPrivilegedProcess || StoreAccess.IsMember(group)))
        {
            StoreAccess.SetGroup(settings.Socket, group);
            StoreAccess.SetGroup(Path.GetDirectoryName(settings.Socket)!, group);
        }
    }
}
