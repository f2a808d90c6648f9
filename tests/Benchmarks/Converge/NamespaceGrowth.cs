using System.Diagnostics;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>1, 10 and 100 network namespaces of this machine, each with 3 links and 4 addresses, converged in one call.</summary>
internal sealed class NamespaceGrowth(string cloudlet, TextWriter progress)
{
    private static readonly int[] Counts = [1, 10, 100];

    public async Task<IReadOnlyList<NamespaceRow>> RunAsync(CancellationToken ct)
    {
        var rows = new List<NamespaceRow>();
        foreach (var count in Counts)
        {
            await progress.WriteLineAsync($"{count} namespace hosts in one call");
            rows.Add(await MeasureAsync([.. Enumerable.Range(0, count).Select(i => $"cldbench-{Environment.ProcessId}-{i}")], ct));
        }

        return rows;
    }

    private async Task<NamespaceRow> MeasureAsync(IReadOnlyList<string> names, CancellationToken ct)
    {
        var site = Path.Combine(Path.GetTempPath(), $"cloudlet-bench-{Environment.ProcessId}.yaml");
        try
        {
            foreach (var name in names)
                NetworkNamespaces.Create(name);
            await File.WriteAllTextAsync(site, Site(names), ct);
            var first = await ApplyAsync(site, ct);
            var again = new List<double>();
            for (var run = 0; run < 5; run++)
                again.Add(await ApplyAsync(site, ct));
            return new NamespaceRow(names.Count, first, again.Order().ElementAt(2));
        }
        finally
        {
            File.Delete(site);
            foreach (var name in names)
            {
                NetworkNamespaces.Delete(name);
                if (Directory.Exists($"/run/cloudlet/netns/{name}"))
                    Directory.Delete($"/run/cloudlet/netns/{name}", recursive: true);
            }
        }
    }

    private async Task<double> ApplyAsync(string site, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(
            new ProcessStartInfo(cloudlet, ["apply", site]) { RedirectStandardOutput = true, UseShellExecute = false }
        )!;
        var said = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return process.ExitCode == 0
            ? took
            : throw new CloudletException(ErrorKind.ProcessFailed, $"cloudlet apply of namespaces exited with {process.ExitCode}: {said}");
    }

    private static string Site(IReadOnlyList<string> names)
    {
        var text = new StringBuilder(
            """
            defaults:
              links:
                benchbr: { kind: bridge, addresses: [10.70.0.1/24, "fd00:70::1/64"] }
                benchv0: { kind: veth, peer: benchv1, addresses: [10.71.0.1/24] }
                benchv1: { kind: veth, peer: benchv0, addresses: [10.72.0.1/24] }
            hosts:

            """
        );
        foreach (var name in names)
            text.Append("  ").Append(name).Append(": { reach: \"netns://").Append(name).Append("\" }\n");
        return text.ToString();
    }
}
