using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Cloudlet.Healthd.Report.Metrics;

/// <summary>
/// Sends the metrics to an OTLP/HTTP collector once a minute. Created only if a site asks for it: the library costs memory and a thread.
/// </summary>
internal sealed class OtlpPush : IDisposable
{
    private const int Milliseconds = 60_000;
    private const int Patience = 10_000;

    private readonly MeterProvider _provider;

    /// <summary>Starts to send.</summary>
    /// <param name="collector">Base address, e.g. <c>http://127.0.0.1:4318</c>.</param>
    /// <param name="host">The kernel's host name.</param>
    public OtlpPush(string collector, string host) =>
        _provider = Sdk.CreateMeterProviderBuilder()
            .AddMeter(HealthMetrics.MeterName)
            .SetResourceBuilder(
                ResourceBuilder
                    .CreateEmpty()
                    .AddService(
                        "cloudlet-healthd",
                        serviceVersion: typeof(OtlpPush).Assembly.GetName().Version?.ToString(3),
                        serviceInstanceId: host
                    )
                    .AddAttributes([new("host.name", host)])
            )
            .AddOtlpExporter(
                (exporter, reader) =>
                {
                    exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                    exporter.Endpoint = new Uri($"{collector.TrimEnd('/')}/v1/metrics");
                    exporter.TimeoutMilliseconds = Patience;
                    reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = Milliseconds;
                }
            )
            .Build();

    /// <summary>Sends at once.</summary>
    public bool Flush() => _provider.ForceFlush(Patience);

    /// <summary>Sends the rest, for at most the library's limit of 5 s, and stops.</summary>
    public void Dispose() => _provider.Dispose();
}
