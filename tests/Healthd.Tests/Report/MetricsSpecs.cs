using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Healthd.Report.Metrics;

namespace Cloudlet.Healthd.Tests.Report;

public sealed class MetricsSpecs : IDisposable
{
    private readonly HealthMetrics _metrics = new();
    private readonly PrometheusText _text;

    public MetricsSpecs() => _text = new PrometheusText(_metrics.Meter);

    public void Dispose()
    {
        _text.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public void Heals_are_counted_by_result_and_kind()
    {
        _metrics.Healed(Samples.Record());
        _metrics.Healed(Samples.Record());
        _metrics.Healed(Samples.Record("unit:b.service", isHealed: false));

        Lines("cloudlet_heals_total")
            .ShouldBe([
                "# HELP cloudlet_heals_total Resources that were healed, by result and kind of resource.",
                "# TYPE cloudlet_heals_total counter",
                "cloudlet_heals_total{result=\"failed\",kind=\"unit\"} 1",
                "cloudlet_heals_total{result=\"ok\",kind=\"link\"} 2",
            ]);
    }

    [Fact]
    public void Times_are_histograms_with_cumulative_buckets()
    {
        _metrics.Healed(Samples.Record() with { DetectionMilliseconds = 3 });
        _metrics.Healed(Samples.Record() with { DetectionMilliseconds = 30_000 });
        _metrics.Healed(Samples.Record() with { DetectionMilliseconds = 5 });

        var lines = Lines("cloudlet_detection_seconds");
        lines.ShouldContain("# TYPE cloudlet_detection_seconds histogram");
        lines.ShouldContain("cloudlet_detection_seconds_bucket{le=\"0.001\"} 0");
        lines.ShouldContain("cloudlet_detection_seconds_bucket{le=\"0.005\"} 2");
        lines.ShouldContain("cloudlet_detection_seconds_bucket{le=\"10\"} 2");
        lines.ShouldContain("cloudlet_detection_seconds_bucket{le=\"+Inf\"} 3");
        lines.ShouldContain("cloudlet_detection_seconds_sum 30.008");
        lines.ShouldContain("cloudlet_detection_seconds_count 3");
    }

    [Fact]
    public void Gauges_show_the_present_state_and_forget_cleared_alarms()
    {
        _metrics.Publish(Samples.Status(Samples.Alarm()));
        _metrics.Alarmed(Samples.Alarm(), [Samples.Alarm()]);
        var before = _text.Write().Split('\n');
        before.ShouldContain("cloudlet_alarm_active{kind=\"gave-up\",resource=\"link:a\"} 1");
        before.ShouldContain("cloudlet_alarms_total{kind=\"gave-up\"} 1");
        before.ShouldContain("cloudlet_resources{state=\"ok\"} 1");
        before.ShouldContain("cloudlet_resources{state=\"given-up\"} 0");
        before.ShouldContain("cloudlet_hold_active 0");
        before.ShouldContain("cloudlet_looks_total 3");
        before.ShouldContain("cloudlet_state_info{digest=\"sha256:0f\",host=\"edge-1\"} 1");

        _metrics.Alarmed(Samples.Alarm() with { Cleared = Samples.Noon }, []);

        _text.Write().ShouldNotContain("cloudlet_alarm_active{");
        _text.Write().ShouldContain("cloudlet_alarms_total{kind=\"gave-up\"} 1\n");
    }

    [Fact]
    public void Labels_are_escaped()
    {
        _metrics.Alarmed(Samples.Alarm(subject: "file:/a\\b\"c\nd"), [Samples.Alarm(subject: "file:/a\\b\"c\nd")]);

        _text.Write().ShouldContain("""resource="file:/a\\b\"c\nd"} 1""");
    }

    [Fact]
    public void Memory_is_shown() => Lines("process_resident_memory_bytes").Count.ShouldBe(3);

    [Fact]
    public void Other_meters_are_not_ours()
    {
        using var other = new Meter("other");
        other.CreateCounter<long>("other.things").Add(1);

        _text.Write().ShouldNotContain("other");
    }

    [Fact]
    public async Task Prometheus_reads_them_over_http()
    {
        _metrics.Healed(Samples.Record());
        using var endpoint = new MetricsEndpoint("127.0.0.1:0", _text.Write);
        using var client = new HttpClient();

        using var response = await client.GetAsync($"http://{endpoint.Where}/metrics");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        (await response.Content.ReadAsStringAsync()).ShouldContain("cloudlet_heals_total{result=\"ok\",kind=\"link\"} 1\n");
        (await client.GetAsync($"http://{endpoint.Where}/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.PostAsync($"http://{endpoint.Where}/metrics", new StringContent("x"))).StatusCode.ShouldBe(
            HttpStatusCode.MethodNotAllowed
        );
    }

    [Theory]
    [InlineData("\r\n\r\n")]
    [InlineData("GET /metrics\r\n\r\n")]
    [InlineData("GET /metrics SPDY/9\r\n\r\n")]
    [InlineData("\0\u0001\u0002\r\n\r\n")]
    public async Task An_invalid_request_is_refused(string request)
    {
        using var endpoint = new MetricsEndpoint("127.0.0.1:0", _text.Write);

        (await SendAsync(endpoint, Encoding.Latin1.GetBytes(request))).ShouldStartWith("HTTP/1.1 400 ");
    }

    [Fact]
    public async Task An_endless_request_is_refused()
    {
        using var endpoint = new MetricsEndpoint("127.0.0.1:0", _text.Write);

        (await SendAsync(endpoint, Encoding.Latin1.GetBytes("GET /metrics HTTP/1.1\r\nX: " + new string('x', 9000)))).ShouldStartWith(
            "HTTP/1.1 400 "
        );
    }

    [Fact]
    public async Task A_silent_client_is_disconnected_and_does_not_block_others()
    {
        using var endpoint = new MetricsEndpoint("127.0.0.1:0", _text.Write, TimeSpan.FromMilliseconds(300));
        List<Socket> silent = [];
        for (var i = 0; i < 6; i++)
        {
            silent.Add(new Socket(SocketType.Stream, ProtocolType.Tcp));
            await silent[i].ConnectAsync(endpoint.Where);
        }

        var answer = await SendAsync(endpoint, "GET /metrics HTTP/1.1\r\n\r\n"u8.ToArray());

        answer.ShouldStartWith("HTTP/1.1 200 ");
        silent.ForEach(s => s.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("example.org:80")]
    public void An_invalid_address_is_refused(string address) =>
        Should.Throw<CloudletException>(() => new MetricsEndpoint(address, _text.Write)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public async Task A_collector_gets_them_as_protobuf()
    {
        using var collector = LoopbackServer.WithCodes(200);
        using var push = new OtlpPush($"{collector.Url}/", "edge-1");
        _metrics.Publish(Samples.Status());
        _metrics.Healed(Samples.Record());

        push.Flush().ShouldBeTrue();

        var request = collector.Requests.ShouldHaveSingleItem();
        (request.Method, request.Path, request.Type).ShouldBe(("POST", "/v1/metrics", "application/x-protobuf"));
        var body = Encoding.Latin1.GetString(request.Body);
        foreach (
            var part in (string[])
                [
                    "cloudlet-healthd",
                    "edge-1",
                    "cloudlet.healthd",
                    "cloudlet.heals",
                    "cloudlet.detection",
                    "cloudlet.state.info",
                    "sha256:0f",
                ]
        )
            body.ShouldContain(part);
    }

    private List<string> Lines(string name) => [.. _text.Write().Split('\n').Where(l => l.Contains(name))];

    private static async Task<string> SendAsync(MetricsEndpoint endpoint, byte[] request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(endpoint.Where);
        var stream = client.GetStream();
        await stream.WriteAsync(request);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }
}
