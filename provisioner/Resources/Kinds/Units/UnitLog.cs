using System.Globalization;
using System.Text;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units;

/// <summary>The last journal lines of a unit, without the secrets that its configuration contains.</summary>
/// <param name="processes">Runs journalctl.</param>
/// <param name="files">Reads configuration files.</param>
/// <param name="masking">Creates a function that removes secrets from a text, given the configuration files that contain them.</param>
public sealed class UnitLog(IProcesses processes, IHostFiles files, Func<IEnumerable<string>, Func<string, string>> masking)
{
    private const int Lines = 5;
    private const int LongestLine = 300;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The last lines of this run, oldest first; empty when there are none, or when the journal cannot be read.</summary>
    public async Task<IReadOnlyList<string>> LastAsync(UnitSpec unit, UnitInfo now, CancellationToken ct)
    {
        List<string> arguments =
        [
            "-q",
            "-b",
            "--no-pager",
            "-o",
            "cat",
            "-n",
            Lines.ToString(CultureInfo.InvariantCulture),
            "-u",
            unit.Name,
        ];
        if (now.Started is { } started)
            arguments.AddRange([
                "--since",
                started.AddSeconds(-1).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture),
            ]);
        try
        {
            var result = await processes.RunAsync(HelperPrograms.Journalctl, arguments, Limit, ct);
            var mask = masking(Configurations(unit));
            return
            [
                .. result
                    .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(line => Short(mask(line))),
            ];
        }
        catch (CloudletException)
        {
            return [];
        }
    }

    private IEnumerable<string> Configurations(UnitSpec unit)
    {
        foreach (var path in unit.Loads ?? [])
            if (files.Stat(path)?.Type == HostFileType.Regular && files.Read(path) is { } content)
                yield return Encoding.UTF8.GetString(content);
    }

    private static string Short(string line) => line.Length <= LongestLine ? line : $"{line[..LongestLine]}…";
}
