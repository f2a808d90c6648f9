using System.Collections.Concurrent;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Packages;

/// <summary>
/// Packages of a Debian host. Runs non-interactively, keeps locally changed configuration files, restarts no services by itself
/// (needrestart is suspended), and removes only packages that the caller named.
/// </summary>
public sealed class AptPackages : IPackages
{
    private const int LockSeconds = 60;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(30);

    /// <summary>apt-get locks, too; this lock keeps runs of this process from waiting for apt's lock and its time limit.</summary>
    private static readonly SemaphoreSlim OneAtATime = new(1, 1);

    private static readonly string[] Options =
    [
        "-y",
        "-q",
        "-o",
        $"DPkg::Lock::Timeout={LockSeconds}",
        "-o",
        "Dpkg::Options::=--force-confold",
        "-o",
        "Dpkg::Options::=--force-confdef",
        "-o",
        "APT::Cmd::Pattern-Only=true", // without it an unknown name with a dot is taken as a regular expression
        .. AptProgress.Options,
    ];

    private static readonly Dictionary<string, string?> Environment = new(StringComparer.Ordinal)
    {
        ["DEBIAN_FRONTEND"] = "noninteractive",
        ["APT_LISTCHANGES_FRONTEND"] = "none",
        ["UCF_FORCE_CONFFOLD"] = "1",
        ["NEEDRESTART_SUSPEND"] = "1",
    };

    private readonly IProcesses _processes;
    private readonly string _root;
    private readonly DpkgStatus _status;
    private readonly ScriptPrograms _programs;
    private readonly ConcurrentQueue<string> _kept = new();
    private volatile AptProgress? _progress;

    /// <summary>Gives access to the packages.</summary>
    /// <param name="processes">Runs apt-get.</param>
    /// <param name="root">Folder whose var/lib/dpkg is read.</param>
    public AptPackages(IProcesses processes, string root = "/")
    {
        _processes = processes;
        _root = root;
        _status = new DpkgStatus(root);
        _programs = new ScriptPrograms(root);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string?> InstalledVersions(IReadOnlyCollection<string> names)
    {
        var packages = names.Distinct(StringComparer.Ordinal).ToDictionary(static name => name, PackageName.Parse, StringComparer.Ordinal);
        var entries = _status.Find(packages.Values.Select(static package => package.Name));
        return packages.ToDictionary(
            static pair => pair.Key,
            pair => Entry(entries, pair.Value, static entry => entry.IsInstalled)?.Version,
            StringComparer.Ordinal
        );
    }

    /// <inheritdoc/>
    public Task<NotOffered> NotOfferedAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        var installed = InstalledVersions(names);
        return new AptOffers(_processes).MissingAsync(
            [.. names.Select(PackageName.Parse).Where(name => !IsSatisfied(name, installed))],
            ct
        );
    }

    /// <inheritdoc/>
    public IReadOnlySet<string> Held(IReadOnlyCollection<string> names)
    {
        var packages = names.Distinct(StringComparer.Ordinal).ToDictionary(static name => name, PackageName.Parse, StringComparer.Ordinal);
        var entries = _status.Find(packages.Values.Select(static package => package.Name));
        return packages
            .Where(pair => Entry(entries, pair.Value, static entry => entry.IsHeld) is not null)
            .Select(static pair => pair.Key)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string? Progress => _progress?.Text is { } text ? $"apt: {text}; it may take {Timeout.TotalMinutes:0} min" : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> TakeKeptFiles()
    {
        var taken = new List<string>();
        while (_kept.TryDequeue(out var file))
            taken.Add(file);
        return taken;
    }

    /// <inheritdoc/>
    public async Task InstallAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        await OneAtATime.WaitAsync(ct);
        try
        {
            var installed = InstalledVersions(names);
            var missing = names.Select(PackageName.Parse).Where(name => !IsSatisfied(name, installed)).ToList();
            if (missing.Count == 0)
                return;
            await RepairAsync(ct);
            await InstallMissingAsync(missing, ct);
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The program does nothing unless it is called for a package; which one does not matter. It exits after an error.</remarks>
    public async Task RecordUnitsAsync(IReadOnlyCollection<string> units, CancellationToken ct)
    {
        foreach (var unit in units)
            await _processes.RunAsync(
                HelperPrograms.DebSystemdHelper,
                ["update-state", unit],
                Timeout,
                ct,
                environment: new Dictionary<string, string?>(StringComparer.Ordinal) { ["DPKG_MAINTSCRIPT_PACKAGE"] = "cloudlet" }
            );
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        await OneAtATime.WaitAsync(ct);
        try
        {
            var packages = names.Select(PackageName.Parse).ToList();
            var entries = _status.Find(packages.Select(static package => package.Name));
            var present = packages.Where(package => Entry(entries, package, static entry => entry.IsPresent) is not null).ToList();
            if (present.Count == 0)
                return;
            await RepairAsync(ct);
            await RefuseMoreThanNamedAsync(present, ct);
            var result = await AptGetAsync(["remove", .. present.Select(static package => package.Qualified)], ct);
            if (result.ExitCode != 0)
                throw Failure("remove", present, result);
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private static bool IsSatisfied(PackageName name, IReadOnlyDictionary<string, string?> installed)
    {
        var text = name.Version is null ? name.Qualified : $"{name.Qualified}={name.Version}";
        return installed[text] is { } version && (name.Version is null || name.Version == version);
    }

    private static DpkgEntry? Entry(Dictionary<string, List<DpkgEntry>> entries, PackageName name, Predicate<DpkgEntry> accept) =>
        entries.TryGetValue(name.Name, out var all)
            ? all.Find(entry => accept(entry) && (name.Architecture is null || name.Architecture == entry.Architecture))
            : null;

    private async Task InstallMissingAsync(List<PackageName> packages, CancellationToken ct)
    {
        List<string> arguments = [.. _programs.Prepare(), "install", "--no-install-recommends", "--no-remove"];
        if (packages.Exists(static package => package.Version is not null))
            arguments.Add("--allow-downgrades"); // a pin may be older than the installed version
        arguments.AddRange(packages.Select(static p => p.Version is null ? p.Qualified : $"{p.Qualified}={p.Version}"));

        var result = await AptGetAsync(arguments, ct);
        if (result.ExitCode == 0)
            return;
        if ((await UnknownAsync(packages, ct)).Count > 0)
        {
            var update = await AptGetAsync(["update"], ct);
            var unknown = await UnknownAsync(packages, ct);
            if (unknown.Count > 0)
                throw NotOffered(unknown, update);
            result = await AptGetAsync(arguments, ct);
            if (result.ExitCode == 0)
                return;
        }
        throw Failure("install", packages, result);
    }

    /// <summary>
    /// The packages that no source offers, according to apt's own lists; apt-get's exit code does not distinguish this case.
    /// </summary>
    private async Task<List<PackageName>> UnknownAsync(List<PackageName> packages, CancellationToken ct)
    {
        var unknown = new List<PackageName>();
        foreach (var package in packages)
        {
            var result = await _processes.RunAsync(HelperPrograms.AptCache, ["policy", "--", package.Qualified], Timeout, ct);
            if (!AptPolicy.Offers(result.Output, package.Version))
                unknown.Add(package);
        }
        return unknown;
    }

    /// <summary>Refuses a removal that would also remove packages that were not named: they may belong to a running service.</summary>
    private async Task RefuseMoreThanNamedAsync(List<PackageName> packages, CancellationToken ct)
    {
        var names = packages.ConvertAll(static package => package.Qualified);
        var simulation = await AptGetAsync(["remove", "-s", .. names], ct);
        if (simulation.ExitCode != 0)
            throw Failure("remove", packages, simulation);
        var others = AptPolicy
            .Removals(simulation.Output)
            .Where(name => !packages.Exists(package => name == package.Name || name == package.Qualified))
            .ToList();
        if (others.Count > 0)
        {
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"Removing {string.Join(", ", names)} would also remove {string.Join(", ", others)}, which need them. Nothing was "
                    + "removed; name those, too, to remove them."
            );
        }
    }

    /// <summary>Finishes an interrupted dpkg run with <c>dpkg --configure -a</c>; apt-get refuses to work before.</summary>
    private async Task RepairAsync(CancellationToken ct)
    {
        if (!_status.IsInterrupted || AptLocks.Holder(_root) is not null)
            return; // a running dpkg has a journal, too; apt-get will wait for its lock
        var result = await _processes.RunAsync(
            HelperPrograms.Dpkg,
            ["--force-confold", "--force-confdef", "--configure", "-a"],
            Timeout,
            ct,
            environment: Environment
        );
        if (result.ExitCode != 0)
        {
            throw AptFailure(
                "dpkg was interrupted earlier and 'dpkg --configure -a' cannot finish its work",
                result,
                "Run that command by hand, fix what it reports, and run again."
            );
        }
    }

    private async Task<ProcessResult> AptGetAsync(IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var progress = _progress = new AptProgress();
        ProcessResult result;
        try
        {
            result = AptProgress.WithoutLines(
                await _processes.RunAsync(
                    HelperPrograms.AptGet,
                    [.. Options, .. arguments],
                    Timeout,
                    ct,
                    environment: Environment,
                    onErrorLine: progress.Read
                )
            );
        }
        finally
        {
            _progress = null;
        }

        foreach (var file in AptPolicy.KeptFiles($"{result.Output}\n{result.Error}"))
            _kept.Enqueue(file);
        return result;
    }

    private static CloudletException NotOffered(List<PackageName> unknown, ProcessResult update)
    {
        var names = string.Join(", ", unknown.Select(static p => p.Version is null ? p.Qualified : $"{p.Qualified}={p.Version}"));
        var lists =
            update.ExitCode == 0
                ? "The package lists are fresh."
                : $"The package lists could not be refreshed: {AptPolicy.LastWords(update)}.";
        return new CloudletException(
            ErrorKind.NotFound,
            $"No package source of this host offers {names}. {lists} Check the name (apt-cache policy NAME) and /etc/apt/sources.list."
        );
    }

    private CloudletException Failure(string verb, List<PackageName> packages, ProcessResult result) =>
        AptFailure(
            $"apt-get could not {verb} {string.Join(", ", packages.Select(static package => package.Qualified))}",
            result,
            "See /var/log/apt/term.log, fix what it reports, and run again."
        );

    private CloudletException AptFailure(string what, ProcessResult result, string advice) =>
        AptLocks.Holder(_root) is { } holder
            ? new CloudletException(ErrorKind.Busy, $"{what}: {holder} for more than {LockSeconds} s. Wait for it to end and run again.")
            : new CloudletException(
                ErrorKind.ProcessFailed,
                $"{what} (exit code {result.ExitCode}): {Culprits(result)}{AptPolicy.LastWords(result)}. {advice}"
            );

    /// <summary>
    /// The packages whose scripts or files failed. They may differ from the requested ones: apt first finishes what an earlier run left.
    /// </summary>
    private string Culprits(ProcessResult result)
    {
        var unfinished = _status.Unfinished();
        var failed = AptPolicy.Failed(result);
        if (failed.Count == 0 && unfinished.Count == 0)
            return "";
        var names = failed.Count > 0 ? failed : unfinished;
        var left =
            unfinished.Count == 0
                ? ""
                : $"dpkg has not finished {string.Join(", ", unfinished)}, and every installation fails until it has: fix the cause "
                    + "and run `dpkg --configure -a`, or remove it with "
                    + $"`dpkg --remove --force-remove-reinstreq {string.Join(' ', unfinished.Select(static u => u.Split(' ')[0]))}`; ";
        return $"failed packages: {string.Join(", ", names)}; {left}";
    }
}
