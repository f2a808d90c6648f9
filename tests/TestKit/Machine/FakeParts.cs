using Cloudlet.Errors;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Processes;

namespace Cloudlet.TestKit.Machine;

/// <summary>Modules that can be loaded, and those that are loaded.</summary>
public sealed class FakeKernel(FakeMachine machine) : IKernel
{
    /// <summary>Modules that modprobe would find.</summary>
    public ISet<string> Known { get; } = new HashSet<string> { "dummy", "8021q" };

    /// <summary>Modules that are loaded.</summary>
    public ISet<string> Loaded { get; } = new HashSet<string>();

    /// <inheritdoc/>
    public string BootId { get; set; } = "11111111-2222-3333-4444-555555555555";

    /// <inheritdoc/>
    public bool IsModuleAvailable(string name) => Loaded.Contains(name);

    /// <inheritdoc/>
    public bool CanLoad(string name) => Loaded.Contains(name) || Known.Contains(name);

    /// <inheritdoc/>
    public Task LoadModuleAsync(string name, CancellationToken ct)
    {
        if (!Known.Contains(name))
            throw new CloudletException(ErrorKind.DriverMissing, $"modprobe {name}: this kernel has no such module");
        machine.Write($"load {name}", () => Loaded.Add(name));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ModuleParameters(string name) => new Dictionary<string, string>();

    /// <summary>Path below /proc/sys → value.</summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string> { ["net/ipv4/ip_forward"] = "0" };

    /// <inheritdoc/>
    public string? ReadSetting(string path) => Settings.TryGetValue(path, out var value) ? value : null;

    /// <inheritdoc/>
    public void WriteSetting(string path, string value)
    {
        if (!Settings.ContainsKey(path))
            throw new CloudletException(ErrorKind.NotFound, $"write /proc/sys/{path}: this kernel has no such setting");
        machine.Write($"set {path} {value}", () => Settings[path] = value);
    }
}

/// <summary>Packages in a package source, and those that are installed.</summary>
public sealed class FakePackages(FakeMachine machine) : IPackages
{
    /// <summary>Name → version in the source.</summary>
    public IDictionary<string, string> Source { get; } = new Dictionary<string, string> { ["nova-compute"] = "26.2.2", ["chrony"] = "4.3" };

    /// <summary>Name → version on the host.</summary>
    public IDictionary<string, string> Installed { get; } = new Dictionary<string, string>();

    /// <summary>Packages in the source that cannot be installed.</summary>
    public ISet<string> Broken { get; } = new HashSet<string>();

    /// <summary>Names that an operator holds.</summary>
    public ISet<string> OnHold { get; } = new HashSet<string>();

    /// <inheritdoc/>
    public IReadOnlySet<string> Held(IReadOnlyCollection<string> names) => names.Where(OnHold.Contains).ToHashSet();

    /// <summary>The packages of each call, joined by a space.</summary>
    public IList<string> Calls { get; } = [];

    /// <summary>Replaces the next call, once.</summary>
    public Func<Task>? Next { get; set; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string?> InstalledVersions(IReadOnlyCollection<string> names) =>
        names.Distinct().ToDictionary(n => n, n => Installed.TryGetValue(n, out var version) ? version : null);

    /// <inheritdoc/>
    public Task<NotOffered> NotOfferedAsync(IReadOnlyCollection<string> names, CancellationToken ct) =>
        Task.FromResult(
            new NotOffered(
                [
                    .. names.Where(n =>
                        !Source.TryGetValue(n.Split('=')[0], out var version) || (n.Contains('=') && n.Split('=')[1] != version)
                    ),
                ],
                "the lists are fresh"
            )
        );

    /// <summary>Package → the units that it brings, which its scripts enable and start unless they are masked.</summary>
    public IDictionary<string, IReadOnlyList<(string Unit, string Content)>> Brings { get; } =
        new Dictionary<string, IReadOnlyList<(string Unit, string Content)>>();

    /// <inheritdoc/>
    public string? Progress { get; set; }

    /// <summary>Units that the package system knows although their scripts could not enable them.</summary>
    public IList<string> Recorded { get; } = [];

    /// <inheritdoc/>
    public Task RecordUnitsAsync(IReadOnlyCollection<string> units, CancellationToken ct)
    {
        foreach (var unit in units)
            Recorded.Add(unit);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task InstallAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        Calls.Add($"install {string.Join(' ', names.Order(StringComparer.Ordinal))}");
        if (Next is { } instead)
        {
            Next = null;
            await instead();
        }

        foreach (var name in names)
            if (!Source.TryGetValue(name.Split('=')[0], out var version) || (name.Contains('=') && name.Split('=')[1] != version))
                throw new CloudletException(ErrorKind.NotFound, $"install {name}: no source has it");
        if (names.FirstOrDefault(Broken.Contains) is { } broken)
            throw new CloudletException(ErrorKind.ProcessFailed, $"install {broken}: its postinst failed");
        machine.Write(
            $"install {string.Join(' ', names)}",
            () =>
            {
                foreach (var name in names)
                {
                    Installed[name.Split('=')[0]] = Source[name.Split('=')[0]];
                    foreach (var (unit, content) in Brings.TryGetValue(name.Split('=')[0], out var brought) ? brought : [])
                        Bring(unit, content);
                }
            }
        );
    }

    private void Bring(string unit, string content)
    {
        machine.Files[$"/lib/systemd/system/{unit}"] = content;
        if (machine.Systemd.Get(unit).LoadState == "masked")
            return;
        machine.Systemd.EnableByHand(unit);
        machine.Systemd.StartByHand(unit);
    }

    /// <inheritdoc/>
    public Task RemoveAsync(IReadOnlyCollection<string> names, CancellationToken ct)
    {
        Calls.Add($"remove {string.Join(' ', names)}");
        machine.Write(
            $"remove {string.Join(' ', names)}",
            () =>
            {
                foreach (var name in names)
                    Installed.Remove(name);
            }
        );
        return Task.CompletedTask;
    }
}

/// <summary>Helper programs as functions.</summary>
public sealed class FakeProcesses : IProcesses
{
    /// <summary>Program name → its result for given arguments.</summary>
    public IDictionary<string, Func<IReadOnlyList<string>, ProcessResult>> Programs { get; } =
        new Dictionary<string, Func<IReadOnlyList<string>, ProcessResult>>();

    /// <summary>Program name → its result for given arguments and standard input.</summary>
    public IDictionary<string, Func<IReadOnlyList<string>, string, ProcessResult>> Readers { get; } =
        new Dictionary<string, Func<IReadOnlyList<string>, string, ProcessResult>>();

    /// <summary>The command line of every program that was run.</summary>
    public IList<string> Commands { get; } = [];

    /// <inheritdoc/>
    public Task<ProcessResult> RunAsync(
        HelperProgram program,
        IReadOnlyList<string> arguments,
        TimeSpan timeout,
        CancellationToken ct,
        string? input = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        Action<string>? onErrorLine = null
    )
    {
        Commands.Add(string.Join(' ', [program.Name, .. arguments]));
        if (Readers.TryGetValue(program.Name, out var read))
            return Task.FromResult(read(arguments, input ?? ""));
        return Programs.TryGetValue(program.Name, out var run)
            ? Task.FromResult(run(arguments))
            : throw new CloudletException(ErrorKind.NotFound, $"{program.Name} is not installed; install {program.Package}");
    }
}
