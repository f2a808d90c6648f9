using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Schemas;
using Cloudlet.Resources.Sql;

namespace Cloudlet.Resources.Kinds.Schemas;

/// <summary>
/// Tables of services of OpenStack. Whether they are current is read from files and one table, without starting the service's commands. An
/// apply migrates them; the health daemon only creates missing ones, because a migration is an operator's decision.
/// </summary>
/// <param name="sql">The server.</param>
/// <param name="processes">Runs the commands of the services.</param>
/// <param name="files">The host's files.</param>
public sealed class SchemasKind(SqlClient sql, IProcesses processes, IHostFiles files)
    : IObservesMany<SchemaSpec>,
        ICaptures<SchemaSpec>,
        IPreflight<SchemaSpec>,
        IShowsProgress<SchemaSpec>,
        ITriggered<SchemaSpec>,
        IHealPolicy<SchemaSpec>,
        IHealTraits
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    /// <summary>Without HOME, programs use the home of the user that they run as.</summary>
    private static readonly Dictionary<string, string?> NoHome = new(StringComparer.Ordinal) { ["HOME"] = null };

    private readonly AlembicHeads _heads = new(files);

    /// <inheritdoc/>
    public HealTraits Traits => HealTraits.OfServer;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SchemaSpec?>> ObserveManyAsync(IReadOnlyList<SchemaSpec> desired, CancellationToken ct)
    {
        var heads = desired.Select(d => _heads.Find(ProjectOf(d).Migrations)).ToList();
        if (!sql.IsInstalled || heads.TrueForAll(static h => h is null))
            return [.. desired.Select(static _ => (SchemaSpec?)null)];
        var versions = await SchemaVersions.ReadAsync(sql, desired.SelectMany(DatabasesOf), ct);
        return [.. desired.Select((spec, i) => heads[i] is { } wanted ? Observed(spec, wanted, versions) : null)];
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(SchemaSpec desired, SchemaSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (desired.Version is null)
            return;
        var project = ProjectOf(desired);
        var result = await processes.RunAsync(
            HelperPrograms.Runuser,
            ["-u", project.User, "--", .. project.Command],
            Limit,
            ct,
            environment: NoHome
        );
        if (result.ExitCode != 0)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"{desired.Id}: `{string.Join(' ', project.Command)}` as {project.User} failed with exit status {result.ExitCode}: "
                    + $"{LastLines(result.Error)}; its log may say more"
            );
    }

    /// <inheritdoc/>
    /// <remarks>What a command of the same run may install or create is not known yet.</remarks>
    public async ValueTask<IReadOnlyList<string>> CheckAsync(SchemaSpec desired, SchemaSpec? observed, Plan plan, CancellationToken ct)
    {
        if (plan.InstallsPackages())
            return [];
        var project = ProjectOf(desired);
        if (_heads.Find(project.Migrations) is null)
            return [$"{desired.Id}: {project.Name} is not installed on this host; declare its package"];
        if (observed is null)
            return [];
        var versions = await SchemaVersions.ReadAsync(sql, DatabasesOf(desired), ct);
        return
        [
            .. DatabasesOf(desired)
                .Where(d => _heads.IsNewer(project.Migrations, versions[d]))
                .Select(d =>
                    $"{desired.Id}: the database {d} is at {string.Join(" and ", versions[d])}, which the installed {project.Name} does "
                    + "not know: a newer release migrated it, and there is no way back; install that release"
                ),
        ];
    }

    /// <summary>A migration is not undone.</summary>
    public ValueTask<SchemaSpec?> CaptureAsync(SchemaSpec observed, CancellationToken ct) => new(observed with { Version = null });

    /// <inheritdoc/>
    public string? Doing(SchemaSpec changing) =>
        $"`{string.Join(' ', ProjectOf(changing).Command)}` migrates {string.Join(", ", DatabasesOf(changing))} "
        + $"(at most {Limit.TotalMinutes:0} min)";

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(SchemaSpec spec) => [new Trigger(TriggerKind.Unit, "mariadb.service")];

    /// <inheritdoc/>
    public HealVerdict Decide(SchemaSpec desired, PlannedChange change, HealConditions now) =>
        change.Observation?.Actual is not SchemaSpec { Version: { } version }
        || version.StartsWith(SchemaSpec.Empty, StringComparison.Ordinal)
            ? HealVerdict.Act
            : new HealVerdict(
                ResourceState.LeftAlone,
                $"the tables are not those of the installed release ({version}); `cloudlet apply` migrates them"
            )
            {
                Alarm = AlarmKind.SchemaBehind,
            };

    private static SchemaSpec? Observed(SchemaSpec desired, IReadOnlySet<string> heads, ILookup<string, string> versions)
    {
        var databases = DatabasesOf(desired);
        var empty = databases.Where(d => !versions[d].Any()).ToList();
        if (empty.Count == databases.Count)
            return null;
        var behind = databases.FirstOrDefault(d => versions[d].Any() && !heads.SetEquals(versions[d]));
        return desired with
        {
            Version =
                behind is not null ? $"{behind} is at {Listed(versions[behind])} instead of {Listed(heads)}"
                : empty.Count > 0 ? SchemaSpec.Empty + string.Join(", ", empty)
                : SchemaSpec.Current,
        };
    }

    private static string Listed(IEnumerable<string> versions) => string.Join(" and ", versions.Order(StringComparer.Ordinal));

    private static IReadOnlyList<string> DatabasesOf(SchemaSpec spec) => spec.Databases ?? [];

    private static SchemaProject ProjectOf(SchemaSpec spec) =>
        SchemaProject.Find(spec.Project)
        ?? throw new CloudletException(ErrorKind.Unsupported, $"{spec.Id}: this version does not know the project {spec.Project}");

    private static string LastLines(string error) =>
        string.Join("; ", error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3));
}
