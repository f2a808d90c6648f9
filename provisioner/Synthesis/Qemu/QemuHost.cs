using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Refusals;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Capabilities of the installed QEMU, as it reports them.</summary>
/// <param name="Stamp">Digest of program file and processor. When it changes, QEMU is queried again.</param>
/// <param name="Path">The program.</param>
/// <param name="Version">e.g. <c>7.2.22</c>.</param>
/// <param name="Machines">Machine types.</param>
/// <param name="Models">CPU models, with the features that tcg lacks. For KVM a probe decides instead: <see cref="KvmCheck"/>.</param>
public sealed record QemuHost(
    string Stamp,
    string Path,
    string Version,
    IReadOnlyList<string> Machines,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Models
)
{
    private const string Kvm = "kvm",
        Tcg = "tcg";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Capabilities of QEMU here. It is queried once, in a fraction of a second; the result is cached in the store until program or
    /// processor change.
    /// </summary>
    public static async Task<QemuHost> FindAsync(RuntimeStore store, CancellationToken ct)
    {
        var path = RuntimeProgram.Qemu.Find();
        var stamp = StampOf(path);
        var memory = System.IO.Path.Combine(store.Folder, "host.json");
        if (Remembered(memory) is { } known && known.Stamp == stamp)
            return known;
        var found = await AskAsync(path, stamp, ct);
        Remember(store, memory, found);
        return found;
    }

    /// <summary>Every reason why a machine can't run here; empty when it can. For KVM a probe machine is run.</summary>
    public async Task<IReadOnlyList<OverlayRefusal>> ObstaclesAsync(RuntimeStore store, VmDefinition definition, CancellationToken ct)
    {
        var canTry =
            definition.Accelerator == Kvm
            && definition.Problems().Count == 0
            && Machines.Contains(definition.Machine)
            && Models.ContainsKey(ModelOf(definition));
        return ObstaclesOf(definition, canTry ? await new KvmCheck(store, Path, Stamp).ProblemAsync(definition, ct) : null);
    }

    /// <summary>The same, with a given result about KVM.</summary>
    /// <param name="definition">The machine.</param>
    /// <param name="kvmProblem">Why KVM can't run it, or null.</param>
    internal IReadOnlyList<OverlayRefusal> ObstaclesOf(VmDefinition definition, string? kvmProblem = null)
    {
        var obstacles = new List<OverlayRefusal>(definition.Problems());
        if (obstacles.Count > 0)
            return obstacles;
        if (System.Version.Parse(Version) < System.Version.Parse(definition.QemuVersion))
            obstacles.Add(
                new OverlayRefusal(
                    OverlayRefusalCode.QemuOlder,
                    $"{definition.QemuVersion} or newer",
                    Version,
                    $"its device state was written by QEMU {definition.QemuVersion}, and an older one may not understand it: expected "
                        + $"{definition.QemuVersion} or newer, found {Version}; install a newer QEMU"
                )
            );
        if (!Machines.Contains(definition.Machine))
            obstacles.Add(Missing(OverlayRefusalCode.MachineMissing, "machine type", definition.Machine));
        if (!Models.TryGetValue(ModelOf(definition), out var missing))
            obstacles.Add(Missing(OverlayRefusalCode.CpuMissing, "CPU model", ModelOf(definition)));
        else if (definition.Accelerator == Tcg)
            obstacles.AddRange(MissingFeatures(definition, missing));
        if (kvmProblem is not null)
            obstacles.Add(new OverlayRefusal(OverlayRefusalCode.KvmUnavailable, Kvm, null, kvmProblem));
        return obstacles;
    }

    /// <summary>Null without obstacles; else one reason, with the code of the first and all messages.</summary>
    internal static OverlayRefusal? ReasonOf(IReadOnlyList<OverlayRefusal> obstacles) =>
        obstacles.Count == 0
            ? null
            : obstacles[0] with
            {
                Message =
                    "this virtual machine can't run here, so nothing was started:\n  "
                    + string.Join("\n  ", obstacles.Select(o => o.Message)),
            };

    /// <summary>Unsupported, with every reason, when the machine can't run here.</summary>
    public async Task RequireAsync(RuntimeStore store, VmDefinition definition, CancellationToken ct) =>
        Refuse(await ObstaclesAsync(store, definition, ct));

    /// <summary>
    /// The machine with the best accelerator: KVM when a probe machine ran with it, else tcg, with a note that says why. Unsupported, with
    /// every reason, when it can't run with tcg either.
    /// </summary>
    public async Task<VmDefinition> WithBestAcceleratorAsync(
        RuntimeStore store,
        VmDefinition definition,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        var (fast, slow) = (definition with { Accelerator = Kvm }, definition with { Accelerator = Tcg });
        var obstacles = await ObstaclesAsync(store, fast, ct);
        if (obstacles.Count == 0)
            return fast;
        Refuse([.. ObstaclesOf(slow) is { Count: > 0 } others ? others.Union(obstacles) : []]);
        progress.Report($"note: without hardware virtualization (tcg): {string.Join("; ", obstacles.Select(o => o.Message))}");
        return slow;
    }

    /// <summary>Unsupported, with these reasons, unless there are none.</summary>
    internal static void Refuse(IReadOnlyList<OverlayRefusal> obstacles)
    {
        if (ReasonOf(obstacles) is { } reason)
            throw new CloudletException(ErrorKind.Unsupported, reason.Message);
    }

    /// <summary>Group that may use KVM, when the definition asks for it.</summary>
    internal static uint? KvmGroup(VmDefinition definition) => definition.Accelerator == Kvm ? KvmDevice.Find()?.Group : null;

    /// <summary>Queries a QEMU without a store: nothing is cached.</summary>
    internal static Task<QemuHost> AskAsync(string path, CancellationToken ct) => AskAsync(path, StampOf(path), ct);

    /// <summary>Parses QEMU's answers: version, machine types, CPU models. Null when it did not start.</summary>
    internal static (string Version, List<string> Machines, Dictionary<string, IReadOnlyList<string>> Models)? Read(string output)
    {
        var answers = new Dictionary<int, JsonElement>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("id", out var id) && document.RootElement.TryGetProperty("return", out var answer))
                answers[id.GetInt32()] = answer.Clone();
        }

        if (
            !answers.TryGetValue(1, out var version)
            || !answers.TryGetValue(2, out var machines)
            || !answers.TryGetValue(3, out var models)
        )
            return null;
        var numbers = version.GetProperty("qemu");
        return (
            $"{numbers.GetProperty("major")}.{numbers.GetProperty("minor")}.{numbers.GetProperty("micro")}",
            [.. machines.EnumerateArray().Select(m => m.GetProperty("name").GetString()!)],
            models.EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!, UnavailableFeatures)
        );
    }

    private static IReadOnlyList<string> UnavailableFeatures(JsonElement model) =>
        model.TryGetProperty("unavailable-features", out var list) ? [.. list.EnumerateArray().Select(f => f.GetString()!)] : [];

    private static string ModelOf(VmDefinition definition) => definition.Cpu.Split(',')[0];

    private OverlayRefusal Missing(string code, string what, string name) =>
        new(code, name, null, $"the QEMU of this machine ({Version}) has no {what} '{name}'");

    private static IEnumerable<OverlayRefusal> MissingFeatures(VmDefinition definition, IReadOnlyList<string> missing)
    {
        // Features that the definition switches off are not needed. Whether added ones are available only QEMU knows: with -cpu …,enforce
        // it exits with the reason before the guest runs.
        var off = definition.Cpu.Split(',').Skip(1).Where(w => w[0] == '-').Select(w => w[1..]).ToHashSet(StringComparer.Ordinal);
        var needed = missing.Where(f => !off.Contains(f)).ToList();
        var names = string.Join(", ", needed);
        return needed.Count == 0
            ? []
            :
            [
                new OverlayRefusal(
                    OverlayRefusalCode.CpuFeaturesMissing,
                    names,
                    null,
                    $"tcg on this machine lacks features of CPU model '{ModelOf(definition)}': {names}"
                ),
            ];
    }

    /// <summary>Runs QEMU as its own user, who has to be able to run it.</summary>
    private static async Task<QemuHost> AskAsync(string path, string stamp, CancellationToken ct)
    {
        const string Questions = """
            {"execute":"qmp_capabilities"}
            {"execute":"query-version","id":1}
            {"execute":"query-machines","id":2}
            {"execute":"query-cpu-definitions","id":3}
            {"execute":"quit"}

            """;
        var (_, output, error) = await RuntimeProgram.RunAsync(
            [
                .. QemuUser.Current.Prefix(kvm: null),
                path,
                "-machine",
                "none,accel=tcg",
                "-nodefaults",
                "-no-user-config",
                "-display",
                "none",
                "-S",
                "-qmp",
                "stdio",
            ],
            "/",
            Limit,
            ct,
            Questions
        );
        return Read(output) is { } known
            ? new QemuHost(stamp, path, known.Version, known.Machines, known.Models)
            : throw new CloudletException(ErrorKind.Unsupported, $"{path} did not report its capabilities: {error.Trim()}");
    }

    private static string StampOf(string path)
    {
        var file = Syscalls.Stamp(System.IO.Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path));
        var processor = File.ReadLines("/proc/cpuinfo")
            .TakeWhile(l => l.Length > 0)
            .Where(l => l.StartsWith("model name", StringComparison.Ordinal) || l.StartsWith("flags", StringComparison.Ordinal));
        var text = string.Create(CultureInfo.InvariantCulture, $"2 {path} {file} {string.Join('\n', processor)}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static QemuHost? Remembered(string file)
    {
        try
        {
            return
                File.Exists(file)
                && JsonSerializer.Deserialize(File.ReadAllBytes(file), HostJson.Default.QemuHost) is { } known
                && VmDefinition.IsVersion(known.Version)
                && known.Models.Values.All(v => v is not null)
                ? known
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Remember(RuntimeStore store, string file, QemuHost found)
    {
        try
        {
            store.Prepare();
            using var staged = new StagedFile(file);
            using (var fresh = staged.Open())
                JsonSerializer.Serialize(fresh, found, HostJson.Default.QemuHost);
            staged.Publish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not an error here: QEMU is queried again the next time. A command that has to write to the store reports it.
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(QemuHost))]
internal sealed partial class HostJson : JsonSerializerContext;
