using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.TestKit.Machine;

/// <summary>
/// A service manager over the fake files. It reads unit files and drop-ins when it first needs them and at a daemon reload, detects changes
/// on disk, gives every start an invocation id, and forgets idle units without a file. A unit whose file contains <c>FAIL</c> does not
/// start, and neither does one that is masked or that requires (<c>Requires=</c>) a masked one; one without <c>[Install]</c> is static.
/// </summary>
public sealed class FakeSystemd(FakeMachine machine) : ISystemd
{
    private static readonly string[] Folders = ["/etc/systemd/system", "/lib/systemd/system"];

    private const string Environment = "EnvironmentFile=";
    private const string Required = "Requires=";

    private readonly Dictionary<string, Unit> _units = [];
    private readonly HashSet<string> _enabled = [];
    private int _invocations;

    /// <summary>Every call that changed something, e.g. <c>restart a.service</c>.</summary>
    public IList<string> Calls { get; } = [];

    /// <summary>Called while a unit starts or reloads, after it has read its files: simulates an edit at that moment.</summary>
    public Action? WhileStarting { get; set; }

    /// <summary>For how many observations a starting unit stays <c>activating</c>.</summary>
    public int LooksUntilActive { get; set; }

    /// <summary>
    /// How often a unit may start before further starts are refused (StartLimitBurst=, within an endless interval); null: no limit.
    /// </summary>
    public int? StartLimit { get; set; }

    /// <summary>The result of <see cref="SystemState"/>.</summary>
    public string System { get; set; } = "running";

    /// <inheritdoc/>
    public string SystemState() => System;

    /// <summary>Main process of every running unit, where it matters; null: a number without a process.</summary>
    public int? MainPid { get; set; }

    /// <summary>False: units have no ExecReload=.</summary>
    public bool CanReload { get; set; } = true;

    /// <summary>Units that are frozen.</summary>
    public ISet<string> Frozen { get; } = new HashSet<string>();

    /// <inheritdoc/>
    public UnitInfo Get(string unit)
    {
        var state = Load(unit);
        if (state is { Active: "activating" } && LooksUntilActive-- <= 0)
            state.Active = "active";
        return new UnitInfo
        {
            Name = unit,
            LoadState =
                state.IsMasked || IsMasked(unit) ? "masked"
                : state.Text is null ? "not-found"
                : "loaded",
            ActiveState = state.Active,
            SubState =
                state.Active == "active" ? "running"
                : state.Active == "activating" ? "start"
                : "dead",
            UnitFileState = FileState(unit),
            NeedDaemonReload = state.Text != TextOf(unit),
            InvocationId = state.Invocation,
            MainPid = state.Active == "active" ? MainPid ?? 1000 + _invocations : 0,
            Started = state.Started,
            CanReload = CanReload,
            IsFrozen = Frozen.Contains(unit),
            Fragments = FragmentsOf(unit),
            EnvironmentFiles = EnvironmentOf(state.Text ?? ""),
            Result =
                !unit.EndsWith(".service", StringComparison.Ordinal) ? ""
                : state.Active != "failed" ? "success"
                : state.Starts >= StartLimit ? "start-limit-hit"
                : "exit-code",
        };
    }

    /// <summary>Why units do not run, where a test needs that.</summary>
    public UnitEnd End { get; set; } = new();

    /// <inheritdoc/>
    public UnitEnd GetEnd(string unit) => End;

    /// <inheritdoc/>
    public Task StartAsync(string unit, CancellationToken ct) => Load(unit).Active == "active" ? Task.CompletedTask : Run("start", unit);

    /// <inheritdoc/>
    public Task RestartAsync(string unit, CancellationToken ct) => Run("restart", unit);

    /// <inheritdoc/>
    public Task StopAsync(string unit, CancellationToken ct)
    {
        Do("stop", unit, () => Load(unit).Active = "inactive");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ReloadAsync(string unit, CancellationToken ct)
    {
        Do("reload", unit, () => WhileStarting?.Invoke());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Enable(string unit) => Do("enable", unit, () => _enabled.Add(unit));

    /// <inheritdoc/>
    public void Disable(string unit) => Do("disable", unit, () => _enabled.Remove(unit));

    /// <inheritdoc/>
    /// <remarks>As Debian's presets: every unit with an [Install] section is enabled.</remarks>
    public void Preset(string unit) =>
        Do(
            "preset",
            unit,
            () =>
            {
                if (Load(unit).Text?.Contains("[Install]") == true)
                    _enabled.Add(unit);
            }
        );

    /// <inheritdoc/>
    public IReadOnlyList<string> NeedsOf(string unit) =>
        [
            .. (Load(unit).Text ?? "")
                .Split('\n')
                .Where(line => line.StartsWith(Required, StringComparison.Ordinal))
                .Select(line => line[Required.Length..]),
        ];

    /// <inheritdoc/>
    public void ResetFailed(string unit) =>
        Do(
            "reset-failed",
            unit,
            () =>
            {
                var state = Load(unit);
                state.Starts = 0;
                if (state.Active == "failed")
                    state.Active = "inactive";
            }
        );

    /// <inheritdoc/>
    public void DaemonReload() =>
        machine.Write(
            "daemon-reload",
            () =>
            {
                Calls.Add("daemon-reload");
                foreach (var (name, unit) in _units)
                    (unit.Text, unit.IsMasked) = (TextOf(name), IsMasked(name));
            }
        );

    /// <summary>The process exits and systemd restarts it: a new invocation that we did not cause.</summary>
    public void Crash(string unit) => Begin(Load(unit));

    /// <summary>The unit starts without us, as at boot or by an operator.</summary>
    public void StartByHand(string unit) => Begin(Load(unit));

    /// <summary>The unit is enabled, as by an operator.</summary>
    public void EnableByHand(string unit) => _enabled.Add(unit);

    private Task Run(string verb, string unit)
    {
        Do(
            verb,
            unit,
            () =>
            {
                var state = Load(unit);
                if (state.Text is null)
                    throw new CloudletException(ErrorKind.NotFound, $"{verb} {unit}: there is no such unit");
                if (NeedsOf(unit).Prepend(unit).FirstOrDefault(IsMasked) is { } masked)
                    throw new CloudletException(ErrorKind.InvalidInput, $"{verb} {unit}: unit {masked} is masked");
                if (state.Text.Contains("FAIL") || state.Starts >= StartLimit)
                {
                    state.Active = "failed";
                    throw new CloudletException(
                        ErrorKind.ProcessFailed,
                        $"{verb} {unit}: the job ended with \"failed\"; see journalctl -u {unit}"
                    );
                }

                Begin(state);
                if (LooksUntilActive > 0)
                    state.Active = "activating";
                WhileStarting?.Invoke();
                if (state.Text.Contains("ENDS"))
                    state.Active = "inactive";
            }
        );
        return Task.CompletedTask;
    }

    private void Begin(Unit state)
    {
        state.Active = "active";
        state.Starts++;
        state.Invocation = (++_invocations).ToString("x32");

        // Starting a process takes time, even when the clock is stopped.
        state.Started = machine.Clock.GetUtcNow() + TimeSpan.FromMilliseconds(20);
    }

    private void Do(string verb, string unit, Action act) =>
        machine.Write(
            $"{verb} {unit}",
            () =>
            {
                Calls.Add($"{verb} {unit}");
                act();
            }
        );

    private Unit Load(string name)
    {
        if (!_units.TryGetValue(name, out var unit) || (unit.Active is "inactive" && TextOf(name) is null))
            _units[name] = unit = new Unit { Text = TextOf(name), IsMasked = IsMasked(name) };
        else if (unit.Text is null)
            (unit.Text, unit.IsMasked) = (TextOf(name), IsMasked(name));
        return unit;
    }

    /// <summary>Like systemd, reads the files on disk, whatever was loaded.</summary>
    private string FileState(string name)
    {
        if (TextOf(name) is not { } text)
            return "";
        return IsMasked(name) ? "masked"
            : _enabled.Contains(name) ? "enabled"
            : text.Contains("[Install]") ? "disabled"
            : "static";
    }

    /// <summary>Like systemd, looks at what a link leads to.</summary>
    private bool IsMasked(string name) =>
        machine.Files.Stat($"{Folders[0]}/{name}")?.Target is "/dev/null" or "/dev/../dev/null"
        || machine.Files.Stat($"/run/systemd/system/{name}")?.Target == "/dev/null";

    private List<string> FragmentsOf(string name) =>
        [
            .. Folders.Select(folder => $"{folder}/{name}").Where(path => machine.Files.Stat(path) is not null).Take(1),
            .. machine.Files.List($"{Folders[0]}/{name}.d").Select(d => $"{Folders[0]}/{name}.d/{d}"),
        ];

    private static List<EnvironmentFile> EnvironmentOf(string text) =>
        [
            .. text.Split('\n')
                .Where(line => line.StartsWith(Environment, StringComparison.Ordinal))
                .Select(line => line[Environment.Length..])
                .Select(value => new EnvironmentFile(value.TrimStart('-'), value.StartsWith('-'))),
        ];

    private string? TextOf(string name)
    {
        foreach (var folder in Folders)
            if (machine.Files.Stat($"{folder}/{name}") is { } info)
                return (info.Target is null ? machine.Files[$"{folder}/{name}"] : "")
                    + string.Concat(machine.Files.List($"{Folders[0]}/{name}.d").Select(d => machine.Files[$"{Folders[0]}/{name}.d/{d}"]));
        return TemplateOf(name) is { } template ? TextOf(template) : null;
    }

    private static string? TemplateOf(string name) =>
        name.IndexOf('@') is var at and > 0 && name.LastIndexOf('.') is var dot && dot > at + 1 ? name[..(at + 1)] + name[dot..] : null;

    private sealed class Unit
    {
        public string? Text { get; set; }

        /// <summary>It was masked when it was loaded.</summary>
        public bool IsMasked { get; set; }

        public string Active { get; set; } = "inactive";

        public int Starts { get; set; }

        public string Invocation { get; set; } = "";

        public DateTimeOffset? Started { get; set; }
    }
}
