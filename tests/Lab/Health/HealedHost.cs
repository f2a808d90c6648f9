using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Health;

/// <summary>Test operations on a host with a health daemon.</summary>
/// <param name="site">The host and its site.</param>
/// <param name="overlays">Site files that are layered over it.</param>
public sealed class HealedHost(ConvergeHost site, params IReadOnlyList<string> overlays)
{
    public const string Beacon = "/etc/cloudlet/beacon.conf";
    public const string Service = "cloudlet-beacon.service";

    /// <summary>Brings the host to its description, without leftovers of earlier tests, and waits until the daemon reports that.</summary>
    public async Task BeginAsync()
    {
        await site.Host.UpAsync();
        await site.Host.ExecAsync("rm", "-f", "/var/lib/cloudlet/health/hold.json");
        await site.ConvergeAsync(overlays);
        await LabHostFixture.EventuallyAsync(async () => await IsWellAsync(), "the daemon reports that all is well");
    }

    /// <summary>The daemon's status.</summary>
    public async Task<JsonElement?> StatusAsync() =>
        await site.Host.ReadFileAsync("/run/cloudlet/health/status.json") is { Length: > 0 } json
            ? JsonSerializer.Deserialize<JsonElement>(json)
            : null;

    /// <summary>The recorded heals, oldest first.</summary>
    public Task<IReadOnlyList<JsonElement>> RecordsAsync() => LinesAsync("heals.jsonl");

    /// <summary>The alarms that were raised and cleared, oldest first.</summary>
    public Task<IReadOnlyList<JsonElement>> AlarmHistoryAsync() => LinesAsync("alarms.jsonl");

    /// <summary>Kinds of the active alarms, with their subjects.</summary>
    public async Task<IReadOnlyList<string>> AlarmsAsync() =>
        await StatusAsync() is { } status
            ?
            [
                .. status
                    .GetProperty("alarms")
                    .EnumerateArray()
                    .Select(a => $"{a.GetProperty("kind").GetString()} {a.GetProperty("subject").GetString()}"),
            ]
            : [];

    /// <summary>State of a resource.</summary>
    public async Task<string?> StateOfAsync(string id) =>
        await StatusAsync() is { } status
            ? status.GetProperty("resources").EnumerateArray().FirstOrDefault(r => r.GetProperty("id").GetString() == id)
                is { ValueKind: JsonValueKind.Object } found
                ? found.GetProperty("state").GetString()
                : null
            : null;

    /// <summary>True when verify, run from outside, finds nothing.</summary>
    public async Task<bool> IsAsDescribedAsync() => (await site.RunAsync("verify", overlays)).ExitCode == 0;

    /// <summary>Waits until the daemon has made the host as described, with no other help.</summary>
    public async Task HealedAsync(int minutes = 1)
    {
        IReadOnlyList<string> drift = [];
        try
        {
            await LabHostFixture.EventuallyAsync(IsAsync, "the host is as described again", minutes);
        }
        catch (CloudletException) when (drift.Count > 0)
        {
            drift.ShouldBeEmpty(); // says what is not
            throw;
        }

        async Task<bool> IsAsync()
        {
            var run = await site.RunAsync("verify", overlays);
            drift = run.Drift;
            return run.ExitCode == 0;
        }
    }

    /// <summary>Waits for an alarm.</summary>
    public Task AlarmAsync(string alarm) =>
        LabHostFixture.EventuallyAsync(async () => (await AlarmsAsync()).Contains(alarm), $"the alarm {alarm}");

    /// <summary>Waits until an alarm is cleared.</summary>
    public Task NoAlarmAsync(string alarm) =>
        LabHostFixture.EventuallyAsync(async () => !(await AlarmsAsync()).Contains(alarm), $"the alarm {alarm} is cleared");

    /// <summary>True when the daemon reports no problem.</summary>
    public async Task<bool> IsWellAsync() =>
        await StatusAsync() is { } status
        && status.GetProperty("resources").EnumerateArray().All(r => r.GetProperty("state").GetString() == "ok")
        && status.GetProperty("alarms").GetArrayLength() == 0;

    private async Task<IReadOnlyList<JsonElement>> LinesAsync(string file) =>
        [
            .. (await site.Host.ReadFileAsync($"/var/lib/cloudlet/health/{file}") ?? "")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => JsonSerializer.Deserialize<JsonElement>(l)),
        ];
}
