using System.Net;
using Cloudlet.DesiredState.Health;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Healthd.Tests.Report;

public sealed class HealthReportsSpecs : IDisposable
{
    private readonly TempDir _dir = new();
    private readonly RecordingReports _journal = new();
    private readonly HealthPaths _paths;

    public HealthReportsSpecs() => _paths = new HealthPaths(_dir["applied.json"], _dir["journal.json"], _dir["health"], _dir["run"]);

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void A_failing_report_does_not_affect_others_and_is_noted_once_until_it_works_again()
    {
        var broken = new BrokenReports();
        using var reports = new HealthReports(broken, _journal);

        reports.Publish(Samples.Status());
        reports.Publish(Samples.Status());
        broken.IsBroken = false;
        reports.Publish(Samples.Status());
        broken.IsBroken = true;
        reports.Publish(Samples.Status());

        _journal.Told.Count(t => t == "status").ShouldBe(4);
        _journal.Told.Count(t => t == "a report was dropped: the disk is full").ShouldBe(2);
    }

    [Fact]
    public void Everything_reaches_every_report()
    {
        using var reports = new HealthReports(_journal);

        reports.Publish(Samples.Status());
        reports.Healed(Samples.Record());
        reports.Alarmed(Samples.Alarm(), []);
        reports.Note("a note");

        _journal.Told.ShouldBe(["status", "healed", "alarmed", "a note"]);
    }

    [Fact]
    public async Task Settings_determine_the_reports()
    {
        using var server = LoopbackServer.WithCodes(200);
        var port = LoopbackServer.FreePort();
        var settings = new HealthSettings
        {
            Metrics = $"127.0.0.1:{port}",
            Otlp = server.Url,
            OnAlarm = ["/bin/sh", "-c", $"echo $CLOUDLET_ALARM > {_dir["hook"]}"],
        };
        using (var reports = HealthReports.Create(settings, new HostFiles(), _paths, TimeProvider.System, _journal))
        {
            reports.Publish(Samples.Status(Samples.Alarm()));
            reports.Alarmed(Samples.Alarm(), [Samples.Alarm()]);

            using var client = new HttpClient();
            (await client.GetStringAsync($"http://127.0.0.1:{port}/metrics")).ShouldContain("cloudlet_alarm_active{");
            SpinWait
                .SpinUntil(() => File.Exists(_dir["hook"]) && new FileInfo(_dir["hook"]).Length > 0, TimeSpan.FromSeconds(30))
                .ShouldBeTrue();
        }

        new ReportFiles(new HostFiles(), _paths).ReadActive().ShouldBe([Samples.Alarm()]);
        server.Requests.ShouldNotBeEmpty();
        _journal.Told.ShouldBe(["status", "alarmed"]);
    }

    [Fact]
    public void A_port_in_use_is_noted_and_does_not_prevent_healing()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        using var reports = HealthReports.Create(
            new HealthSettings { Metrics = $"{taken.LocalEndpoint}" },
            new HostFiles(),
            _paths,
            TimeProvider.System,
            _journal
        );
        reports.Publish(Samples.Status());

        _journal.Told[0].ShouldContain("Cannot serve metrics");
        _journal.Told[1].ShouldBe("status");
    }

    private sealed class BrokenReports : IHealthReports
    {
        public bool IsBroken { get; set; } = true;

        public void Publish(HealthStatus status) => Break();

        public void Healed(HealRecord record) => Break();

        public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active) => Break();

        public void Note(string message) => Break();

        private void Break()
        {
            if (IsBroken)
                throw new CloudletException(ErrorKind.NoSpace, "the disk is full");
        }
    }
}
