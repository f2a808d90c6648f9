using Cloudlet.Service.Access;
using Cloudlet.Service.Operations;
using Cloudlet.Service.Settings;
using Cloudlet.Service.Work;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Prometheus;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace Cloudlet.Service;

/// <summary>How the service is seen from outside: logs, metrics, traces. None of them has a token, a body or a query.</summary>
internal static class Telemetry
{
    /// <summary>Adds logs (JSON lines for the journal, text on a terminal), and traces where a collector is configured.</summary>
    public static void Add(WebApplicationBuilder builder, ServiceSettings settings)
    {
        builder.Services.AddSerilog(logs =>
        {
            logs.MinimumLevel.Information()
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                // It warns that keys are protected by the mode of their folder alone.
                .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error);
            if (System.Console.IsOutputRedirected)
                logs.WriteTo.Console(new CompactJsonFormatter());
            else
                logs.WriteTo.Console(formatProvider: System.Globalization.CultureInfo.InvariantCulture);
        });
        if (settings.Otlp is not { } collector)
            return;
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("cloudlet-service", serviceVersion: HostWork.Version))
            .WithTracing(traces =>
                traces
                    .AddSource(OperationBook.TraceSource)
                    .AddAspNetCoreInstrumentation(o =>
                        o.Filter = c => !c.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal)
                    )
                    .AddOtlpExporter(o =>
                    {
                        o.Protocol = OpenTelemetry.Exporter.OtlpExportProtocol.HttpProtobuf;
                        o.Endpoint = new Uri($"{collector.TrimEnd('/')}/v1/traces");
                    })
            );
    }

    /// <summary>Serves <c>/metrics</c> to readers, with what the host runs at the moment.</summary>
    public static void Map(WebApplication app)
    {
        Metrics.SuppressDefaultMetrics(); // they listen to every counter of .NET, many times a second
        var registry = Metrics.NewCustomRegistry();
        var factory = Metrics.WithCustomRegistry(registry);
        var vms = factory.CreateGauge("cloudlet_service_vms", "VMs of the store.", "running");
        var operations = factory.CreateGauge("cloudlet_service_operations_running", "Operations that have not ended.");
        var free = factory.CreateGauge("cloudlet_service_store_free_bytes", "Free space of the store's file system.");
        factory.CreateGauge("cloudlet_service_info", "Version of the service.", "version").WithLabels(HostWork.Version).Set(1);
        var (book, store) = (app.Services.GetRequiredService<OperationBook>(), app.Services.GetRequiredService<RuntimeStore>());
        registry.AddBeforeCollectCallback(() =>
        {
            var all = new VmCatalog(store).List();
            var running = all.Count(v => v.IsAlive);
            vms.WithLabels("true").Set(running);
            vms.WithLabels("false").Set(all.Count - running);
            operations.Set(book.Running);
            if (Directory.Exists(store.Folder))
                free.Set(new DriveInfo(store.Folder).AvailableFreeSpace);
        });
        app.UseHttpMetrics(o =>
        {
            o.RequestDuration.Histogram = factory.CreateHistogram(
                "cloudlet_service_request_seconds",
                "Time from a request to the end of its answer.",
                new HistogramConfiguration { LabelNames = ["code", "method", "endpoint"] }
            );
            o.RequestCount.Enabled = false;
            o.InProgress.Enabled = false;
        });
        app.MapMetrics("/metrics", registry).RequireAuthorization(Caller.WordOf(Role.Reader));
    }
}
