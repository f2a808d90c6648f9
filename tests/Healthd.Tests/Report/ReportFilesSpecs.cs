using System.Text;
using System.Text.Json;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Healthd.Tests.Report;

public sealed class ReportFilesSpecs : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempDir _dir = new();
    private readonly HostFiles _files = new();
    private readonly HealthPaths _paths;
    private readonly ReportFiles _reports;

    public ReportFilesSpecs()
    {
        _paths = new HealthPaths(_dir["applied.json"], _dir["journal.json"], _dir["health"], _dir["run/health"]);
        _reports = new ReportFiles(_files, _paths);
    }

    public void Dispose() => _dir.Dispose();

    [Fact]
    public void The_status_is_read_back_and_readable_only_by_its_owner()
    {
        var status = Samples.Status(Samples.Alarm());

        _reports.Publish(status);

        Json(_reports.ReadStatus()!).ShouldBe(Json(status));
        _files.Stat(_paths.Status)!.Mode.ShouldBe(OwnerOnly);
        ((int)_files.Stat(_paths.RunFolder)!.Mode).ShouldBe(0x1ed);
    }

    private static string Json(HealthStatus status) => JsonSerializer.Serialize(status);

    [Fact]
    public void The_last_records_are_read_back_oldest_first()
    {
        foreach (var id in (string[])["link:a", "link:b", "link:c"])
            _reports.Healed(Samples.Record(id));

        _reports.ReadRecords(2).Select(r => r.Seen[0].Id).ShouldBe(["link:b", "link:c"]);
        _files.Stat(_paths.Records)!.Mode.ShouldBe(OwnerOnly);
    }

    [Fact]
    public void Alarms_are_written_as_a_history_and_as_the_active_ones()
    {
        var alarm = Samples.Alarm();
        _reports.Alarmed(alarm, [alarm]);
        _reports.ReadActive().ShouldBe([alarm]);

        var cleared = alarm with { Cleared = Samples.Noon.AddMinutes(1) };
        _reports.Alarmed(cleared, []);

        _reports.ReadActive().ShouldBeEmpty();
        _reports.ReadAlarms(10).ShouldBe([alarm, cleared]);
        Encoding.UTF8.GetString(_files.Read(_paths.Alarms)!).ShouldContain("`dmesg`");
    }

    [Fact]
    public void A_line_torn_by_a_power_cut_is_skipped_and_the_next_one_is_complete()
    {
        _reports.Healed(Samples.Record("link:a"));
        var whole = File.ReadAllBytes(_paths.Records);
        File.WriteAllBytes(_paths.Records, [.. whole, .. whole[..40]]);
        _reports.ReadRecords(10).Count.ShouldBe(1);

        _reports.Healed(Samples.Record("link:b"));

        _reports.ReadRecords(10).Select(r => r.Seen[0].Id).ShouldBe(["link:a", "link:b"]);
    }

    [Fact]
    public void Two_files_limit_the_space_and_the_end_of_the_older_one_is_still_read()
    {
        var filler = Samples.Property("mac", new string('x', 100_000), null);
        for (var i = 0; i < 50; i++)
            _reports.Healed(Samples.Record($"link:{i}", seen: filler));

        _files.Stat(_paths.Records)!.Length.ShouldBeLessThanOrEqualTo(ReportFiles.Limit);
        _files.Stat($"{_paths.Records}.1")!.Length.ShouldBeLessThanOrEqualTo(ReportFiles.Limit);
        _reports.ReadRecords(12).Select(r => r.Seen[0].Id).ShouldBe(Enumerable.Range(38, 12).Select(i => $"link:{i}"));
    }

    [Fact]
    public void A_record_that_is_too_long_is_written_without_values()
    {
        _reports.Healed(Samples.Record(seen: Samples.Property("mac", new string('x', ReportFiles.Limit), null)));

        _reports.ReadRecords(1).ShouldHaveSingleItem().Seen.ShouldHaveSingleItem().Properties.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData(
        "{\"host\":null,\"pid\":1,\"version\":\"\",\"started\":\"2026-01-01T00:00:00Z\","
            + "\"written\":\"2026-01-01T00:00:00Z\",\"resources\":null,\"alarms\":[]}"
    )]
    [InlineData("[{\"kind\":\"no-such-kind\",\"subject\":\"a\",\"message\":\"\",\"raised\":\"2026-01-01T00:00:00Z\"}]")]
    [InlineData("\0\0\0\0")]
    public void Damaged_files_are_read_as_empty(string content)
    {
        foreach (var path in (string[])[_paths.Status, _paths.Records, _paths.Alarms, _paths.ActiveAlarms])
            _files.Write(path, Encoding.UTF8.GetBytes(content), OwnerOnly);

        _reports.ReadStatus().ShouldBeNull();
        _reports.ReadRecords(10).ShouldBeEmpty();
        _reports.ReadAlarms(10).ShouldBeEmpty();
        _reports.ReadActive().ShouldBeEmpty();
    }

    [Fact]
    public void Missing_files_are_read_as_empty()
    {
        _reports.ReadStatus().ShouldBeNull();
        _reports.ReadRecords(10).ShouldBeEmpty();
        _reports.ReadActive().ShouldBeEmpty();
    }

    [Fact]
    public void Contents_of_files_are_replaced_by_digests()
    {
        _reports.Healed(
            Samples.Record(
                "file:/etc/secret",
                isHealed: false,
                Samples.Property("content", "password=hunter2\n", null),
                Samples.Property("mode", "0644", "0600")
            )
        );

        var text = File.ReadAllText(_paths.Records);
        text.ShouldNotContain("hunter2");
        var properties = _reports.ReadRecords(1)[0].Left[0].Properties;
        properties[0].From!.GetValue<string>().ShouldStartWith("17 bytes, sha256:");
        properties[0].To.ShouldBeNull();
        properties[1].To!.GetValue<string>().ShouldBe("0600");
    }

    [Fact]
    public void A_digest_of_a_content_is_shortened()
    {
        _reports.Healed(Samples.Record("file:/a", seen: Samples.Property("content", "sha256:" + new string('a', 64), "x")));

        _reports.ReadRecords(1)[0].Seen[0].Properties[0].From!.GetValue<string>().ShouldBe("sha256:aaaa…");
    }
}
