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

    private readonly TempDir dir = new();
    private readonly HostFiles files = new();
    private readonly HealthPaths paths;
    private readonly ReportFiles reports;

    public ReportFilesSpecs()
    {
        paths = new HealthPaths(dir["applied.json"], dir["journal.json"], dir["health"], dir["run/health"]);
        reports = new ReportFiles(files, paths);
    }

    public void Dispose() => dir.Dispose();

    [Fact]
    public void The_status_is_read_back_and_readable_only_by_its_owner()
    {
        var status = Samples.Status(Samples.Alarm());

        reports.Publish(status);

        Json(reports.ReadStatus()!).ShouldBe(Json(status));
        files.Stat(paths.Status)!.Mode.ShouldBe(OwnerOnly);
        ((int)files.Stat(paths.RunFolder)!.Mode).ShouldBe(0x1ed);
    }

    private static string Json(HealthStatus status) => JsonSerializer.Serialize(status);

    [Fact]
    public void The_last_records_are_read_back_oldest_first()
    {
        foreach (var id in (string[])["link:a", "link:b", "link:c"])
            reports.Healed(Samples.Record(id));

        reports.ReadRecords(2).Select(r => r.Seen[0].Id).ShouldBe(["link:b", "link:c"]);
        files.Stat(paths.Records)!.Mode.ShouldBe(OwnerOnly);
    }

    [Fact]
    public void Alarms_are_written_as_a_history_and_as_the_active_ones()
    {
        var alarm = Samples.Alarm();
        reports.Alarmed(alarm, [alarm]);
        reports.ReadActive().ShouldBe([alarm]);

        var cleared = alarm with { Cleared = Samples.Noon.AddMinutes(1) };
        reports.Alarmed(cleared, []);

        reports.ReadActive().ShouldBeEmpty();
        reports.ReadAlarms(10).ShouldBe([alarm, cleared]);
        Encoding.UTF8.GetString(files.Read(paths.Alarms)!).ShouldContain("`dmesg`");
    }

    [Fact]
    public void A_line_torn_by_a_power_cut_is_skipped_and_the_next_one_is_complete()
    {
        reports.Healed(Samples.Record("link:a"));
        var whole = File.ReadAllBytes(paths.Records);
        File.WriteAllBytes(paths.Records, [.. whole, .. whole[..40]]);
        reports.ReadRecords(10).Count.ShouldBe(1);

        reports.Healed(Samples.Record("link:b"));

        reports.ReadRecords(10).Select(r => r.Seen[0].Id).ShouldBe(["link:a", "link:b"]);
    }

    [Fact]
    public void Two_files_limit_the_space_and_the_end_of_the_older_one_is_still_read()
    {
        var filler = Samples.Property("mac", new string('x', 100_000), null);
        for (var i = 0; i < 50; i++)
            reports.Healed(Samples.Record($"link:{i}", seen: filler));

        files.Stat(paths.Records)!.Length.ShouldBeLessThanOrEqualTo(ReportFiles.Limit);
        files.Stat($"{paths.Records}.1")!.Length.ShouldBeLessThanOrEqualTo(ReportFiles.Limit);
        reports.ReadRecords(12).Select(r => r.Seen[0].Id).ShouldBe(Enumerable.Range(38, 12).Select(i => $"link:{i}"));
    }

    [Fact]
    public void A_record_that_is_too_long_is_written_without_values()
    {
        reports.Healed(Samples.Record(seen: Samples.Property("mac", new string('x', ReportFiles.Limit), null)));

        reports.ReadRecords(1).ShouldHaveSingleItem().Seen.ShouldHaveSingleItem().Properties.ShouldBeEmpty();
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
        foreach (var path in (string[])[paths.Status, paths.Records, paths.Alarms, paths.ActiveAlarms])
            files.Write(path, Encoding.UTF8.GetBytes(content), OwnerOnly);

        reports.ReadStatus().ShouldBeNull();
        reports.ReadRecords(10).ShouldBeEmpty();
        reports.ReadAlarms(10).ShouldBeEmpty();
        reports.ReadActive().ShouldBeEmpty();
    }

    [Fact]
    public void Missing_files_are_read_as_empty()
    {
        reports.ReadStatus().ShouldBeNull();
        reports.ReadRecords(10).ShouldBeEmpty();
        reports.ReadActive().ShouldBeEmpty();
    }

    [Fact]
    public void Contents_of_files_are_replaced_by_digests()
    {
        reports.Healed(
            Samples.Record(
                "file:/etc/secret",
                isHealed: false,
                Samples.Property("content", "password=hunter2\n", null),
                Samples.Property("mode", "0644", "0600")
            )
        );

        var text = File.ReadAllText(paths.Records);
        text.ShouldNotContain("hunter2");
        var properties = reports.ReadRecords(1)[0].Left[0].Properties;
        properties[0].From!.GetValue<string>().ShouldStartWith("17 bytes, sha256:");
        properties[0].To.ShouldBeNull();
        properties[1].To!.GetValue<string>().ShouldBe("0600");
    }

    [Fact]
    public void A_digest_of_a_content_is_shortened()
    {
        reports.Healed(Samples.Record("file:/a", seen: Samples.Property("content", "sha256:" + new string('a', 64), "x")));

        reports.ReadRecords(1)[0].Seen[0].Properties[0].From!.GetValue<string>().ShouldBe("sha256:aaaa…");
    }
}
