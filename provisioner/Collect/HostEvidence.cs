using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Machine;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Units;

namespace Cloudlet.Collect;

/// <summary>What the host itself shows: units, processes, logs, configuration, links.</summary>
/// <param name="machine">The host.</param>
/// <param name="maker">Makes the exhibits.</param>
/// <param name="applied">The state last applied to the host, or null: says which files units load.</param>
/// <param name="recordedName">Name that the health daemon recorded, or null.</param>
/// <param name="clock">Times out reports of processes.</param>
internal sealed class HostEvidence(IMachine machine, ExhibitMaker maker, HostState? applied, string? recordedName, TimeProvider clock)
{
    private const string UnitProperties = "--property=LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,UnitFileState,MainPID";
    private const int LogBytes = 256 * 1024;

    /// <summary>Nova's services that load its configuration, for hosts without an applied state that says so.</summary>
    private static readonly string[] NovaUnits = ["nova-compute.service", "nova-scheduler.service", "nova-conductor.service"];

    /// <summary>Everything, in the order of the catalog.</summary>
    public async Task<IReadOnlyList<Exhibit>> CollectAsync(CancellationToken ct)
    {
        List<Exhibit> exhibits =
        [
            await maker.TextAsync(
                ExhibitIds.Host,
                "hostnamectl --static; hostname --fqdn; the name that healthd recorded first",
                () => Task.FromResult(Names())
            ),
        ];
        foreach (var unit in ExhibitCatalog.Units)
            exhibits.AddRange(await UnitAsync(unit, ct));
        foreach (var service in ExhibitCatalog.Logs)
            exhibits.AddRange(await LogAsync(service));
        exhibits.Add(await maker.CommandAsync(ExhibitIds.Links, HelperPrograms.Ip, ["-json", "address", "show"], ct));
        return exhibits;
    }

    private string Names() =>
        $"hostname {Environment.MachineName}\nfqdn {Environment.MachineName}\n{(recordedName is null ? "" : $"recorded {recordedName}\n")}";

    private async Task<IReadOnlyList<Exhibit>> UnitAsync(string unit, CancellationToken ct)
    {
        var shown = await maker.CommandAsync(ExhibitIds.Unit(unit), HelperPrograms.Systemctl, ["show", unit, UnitProperties], ct);
        if (shown.Text.Contains("LoadState=not-found", StringComparison.Ordinal))
            return [];
        List<Exhibit> exhibits = [shown];
        if (MainPid(shown.Text) is { } pid)
            exhibits.Add(
                await maker.TextAsync(
                    ExhibitIds.Process(unit),
                    $"cat /proc/{pid}/status",
                    () => Task.FromResult(FileText($"/proc/{pid}/status"))
                )
            );
        exhibits.Add(
            await maker.CommandAsync(
                ExhibitIds.Journal(unit),
                HelperPrograms.Journalctl,
                [$"--unit={unit}", "--lines=200", "--output=cat", "--no-pager"],
                ct,
                KeptEnd.Last
            )
        );
        if (SpecOf(unit) is { } spec)
            exhibits.Add(
                await maker.TextAsync(ExhibitIds.Freshness(unit), $"cloudlet verify; {unit}: configuration", () => FreshnessAsync(spec, ct))
            );
        return exhibits;
    }

    private static string? MainPid(string properties) =>
        properties.Split('\n').FirstOrDefault(l => l.StartsWith("MainPID=", StringComparison.Ordinal))?["MainPID=".Length..].Trim()
            is { } pid
        && pid is not ("0" or "")
        && pid.All(char.IsAsciiDigit)
            ? pid
            : null;

    private UnitSpec? SpecOf(string unit) =>
        applied?.Resources.OfType<UnitSpec>().FirstOrDefault(u => u.Name == unit && u.Loads is not null)
        ?? (
            NovaUnits.Contains(unit)
                ? new UnitSpec
                {
                    Id = UnitSpec.IdOf(unit),
                    Name = unit,
                    Loads =
                    [
                        .. ExhibitCatalog
                            .Configuration.Where(p => p.StartsWith("/etc/nova/", StringComparison.Ordinal))
                            .Select(p => p.TrimEnd('/'))
                            .Where(p => machine.Files.Stat(p) is not null),
                    ],
                    Asks = Asks.Guru,
                }
                : null
        );

    private async Task<string> FreshnessAsync(UnitSpec unit, CancellationToken ct)
    {
        if (await new UnitFreshness(machine, clock).LookAsync(unit, ct) is not { } seen)
            throw new CloudletException(ErrorKind.NotFound, $"{unit.Name} does not run");
        var lines = seen.Files.SelectMany(f => f.Options.Select(o => $"option {o}").Prepend($"file {f.Path}"));
        return string.Join('\n', lines.Prepend($"by {seen.By}").Prepend($"state {(seen.IsStale ? "stale" : "fresh")}")) + "\n";
    }

    /// <summary>A log that does not exist gives no exhibit: not every host runs every service.</summary>
    private async Task<IReadOnlyList<Exhibit>> LogAsync(string service)
    {
        var path = $"/var/log/{service.Split('-')[0]}/{service}.log";
        return machine.Files.Stat(path) is null
            ? []
            :
            [
                await maker.TextAsync(
                    ExhibitIds.Log(service),
                    $"tail --bytes={LogBytes} {path}",
                    () => Task.FromResult(Tail(path)),
                    KeptEnd.Last
                ),
            ];
    }

    private string FileText(string path) =>
        machine.Files.Read(path) is { } bytes
            ? ExhibitMaker.TextOf(bytes)
            : throw new CloudletException(ErrorKind.NotFound, $"{path} does not exist");

    /// <summary>The end of a log, starting at a whole line.</summary>
    private string Tail(string path)
    {
        var end = machine.Files.ReadEnd(path, LogBytes) ?? throw new CloudletException(ErrorKind.NotFound, $"{path} does not exist");
        var text = ExhibitMaker.TextOf(end);
        return end.Length < LogBytes ? text : text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }
}
