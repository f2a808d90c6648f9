using System.Text.Json;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>
/// Real Nova is broken, and <c>cloudlet explain</c> has to find the cause. CI runs a sample; <c>build/nova</c> runs all and writes the
/// matrix.
/// </summary>
[Collection(nameof(NovaLab))]
public sealed class ExplainSpecs(NovaConverge site, ExplainMatrix matrix) : IClassFixture<ExplainMatrix>
{
    private static readonly string[] Sample =
    [
        "my_ip changed in the file, no restart",
        "compute service disabled with a reason",
        "message broker stopped",
        "the link of my_ip deleted",
    ];

    /// <summary>The selected breakages.</summary>
    public static TheoryData<string> Chosen =>
        new(Breakage.All.Where(b => ExplainMatrix.IsAll || Sample.Contains(b.What)).Select(b => b.ToString()));

    [Theory]
    [MemberData(nameof(Chosen))]
    public async Task The_cause_is_named_first(string breakage)
    {
        var broken = Breakage.All.Single(b => b.ToString() == breakage);
        await site.BeginAsync();
        await site.Cloud.ForgetAsync();
        await site.ShellAsync("/usr/local/lib/cloudlet/cloudlet hold --for 30m --reason 'what happens without a daemon'");
        JsonElement explanation;
        try
        {
            if (broken.First is { } first)
            {
                await site.ShellAsync(first);
                var well = await ExplainedAsync();
                well.GetProperty("findings").GetArrayLength().ShouldBe(0, well.ToString());
            }

            await site.ShellAsync(broken.Script);
            if (broken.WaitsForDown)
                await site.Cloud.ComputeIsAsync("down");
            if (broken.Flavor is { } flavor)
                (await site.Cloud.BootAsync(flavor)).Status.ShouldBe("ERROR");
            explanation = await ExplainedAsync();
        }
        finally
        {
            await site.ShellAsync($"{broken.Undo}; /usr/local/lib/cloudlet/cloudlet release --force");
        }

        var findings = explanation.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("cause").GetString()!).ToList();
        matrix.Add(broken, findings);
        findings.FirstOrDefault().ShouldBe(broken.Cause, explanation.ToString());
    }

    [Fact]
    public async Task A_healthy_host_has_no_findings_and_its_bundle_gives_the_same_answer_elsewhere()
    {
        await site.BeginAsync();
        await site.Cloud.ForgetAsync();
        var folder = Directory.CreateTempSubdirectory("cloudlet-test-");
        try
        {
            var live = await ExplainedAsync();
            (await site.RunWithAsync("collect", ["--output", folder.FullName])).ShouldExitWith(0);
            var bundle = Path.Combine(folder.FullName, "edge-1.bundle");
            var secret = await site.ShellAsync("cat /etc/cloudlet/secrets/rabbit");

            live.GetProperty("findings").GetArrayLength().ShouldBe(0, live.ToString());
            (await File.ReadAllTextAsync(bundle)).ShouldNotContain(secret);
            File.GetUnixFileMode(bundle).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            var offline = JsonSerializer.Deserialize<JsonElement>(
                (await CloudletProgram.RunAsync(["explain", "--bundle", bundle, "--json"])).ShouldExitWith(0).Output
            );
            offline.GetProperty("findings").GetArrayLength().ShouldBe(0);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<JsonElement> ExplainedAsync() =>
        (await site.RunAsync("explain")).ShouldExitWith(0).Named("explained").ShouldHaveSingleItem().GetProperty("explanation");
}

/// <summary>Collects the findings for each breakage.</summary>
public sealed class ExplainMatrix : IDisposable
{
    private readonly List<(Breakage Broken, IReadOnlyList<string> Findings)> _rows = [];

    /// <summary>True when all breakages are run and the matrix is written.</summary>
    internal static bool IsAll { get; } = EditTable.IsAll;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsAll || _rows.Count != Breakage.All.Count)
            return;
        var right = _rows.Count(r => First(r.Findings) == r.Broken.Cause);
        var lines = _rows
            .OrderBy(r => r.Broken.ToString(), StringComparer.Ordinal)
            .Select(r =>
                $"| {r.Broken.What} | `{r.Broken.Cause}` | "
                + $"{(First(r.Findings) is not { } first ? "nothing" : first == r.Broken.Cause ? $"`{first}`" : $"**`{first}`**")} "
                + "| "
                + $"{string.Join(", ", r.Findings.Skip(1).Select(f => $"`{f}`"))} |"
            );
        File.WriteAllText(
            Path.Combine(CloudletProgram.Repository, "docs/benchmarks/explain.md"),
            $"""
            # Explain, on real Nova

            `build/nova` breaks Debian's Nova on a lab host (templates/sites/nova.yaml) in each of these ways, with the health
            daemon on hold, runs `cloudlet explain` and writes this table. The first finding counts.

            {right} of {_rows.Count} right ({100.0 * right / _rows.Count:0} %), {_rows.Select(r =>
                r.Broken.Cause
            ).Distinct().Count()} causes. On a healthy host nothing is reported.

            | breakage | cause | named first | named after it |
            | --- | --- | --- | --- |
            {string.Join("\n", lines)}

            """
        );
    }

    private static string? First(IReadOnlyList<string> findings) => findings is [var first, ..] ? first : null;

    /// <summary>Adds a row.</summary>
    internal void Add(Breakage broken, IReadOnlyList<string> findings)
    {
        lock (_rows)
            _rows.Add((broken, findings));
    }
}
