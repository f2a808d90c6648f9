using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>What the QEMU of this machine can do, as it says itself.</summary>
/// <param name="Stamp">Digest of everything the rest follows from: program file, processor, KVM. Another stamp: ask again.</param>
/// <param name="Path">The program.</param>
/// <param name="Version">e.g. <c>7.2.22</c>.</param>
/// <param name="Machines">Machine types.</param>
/// <param name="Accelerators">By name (<c>tcg</c>, <c>kvm</c>): the CPU models, and which of their features are not to be had with it here.</param>
public sealed record QemuHost(string Stamp, string Path, string Version, IReadOnlyList<string> Machines, IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>> Accelerators)
{
    /// <summary>Where QEMU finds hardware virtualization.</summary>
    internal const string KvmDevice = "/dev/kvm";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>What QEMU can do here. It is asked once (a fraction of a second an accelerator) and remembered in the store until program, processor or KVM change.</summary>
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

    /// <summary>Everything that keeps a machine from running here, in words; empty when it can.</summary>
    public IReadOnlyList<string> ObstaclesOf(VmDefinition definition)
    {
        var obstacles = new List<string>(definition.Problems());
        if (obstacles.Count > 0)
            return obstacles;
        if (System.Version.Parse(Version) < System.Version.Parse(definition.QemuVersion))
            obstacles.Add($"it was sealed by QEMU {definition.QemuVersion}, and here is {Version}: an older one may not understand its devices; install {definition.QemuVersion} or newer");
        if (!Machines.Contains(definition.Machine))
            obstacles.Add($"the QEMU of this machine ({Version}) has no machine type '{definition.Machine}'");
        if (!Accelerators.TryGetValue(definition.Accelerator, out var models))
            obstacles.Add($"it runs with {definition.Accelerator}, which this machine does not offer{(definition.Accelerator == "kvm" ? $" ({KvmDevice} is missing, closed to QEMU or without function)" : "")}: a state can't move between accelerators, so make a base here");
        else
            obstacles.AddRange(MissingFeatures(definition, models));
        return obstacles;
    }

    /// <summary>Unsupported with every reason when the machine can't run here.</summary>
    public void Require(VmDefinition definition)
    {
        if (ObstaclesOf(definition) is { Count: > 0 } obstacles)
            throw new CloudletException(ErrorKind.Unsupported, $"this virtual machine can't run here, so nothing was started:\n  {string.Join("\n  ", obstacles)}");
    }

    /// <summary>Group that may use KVM, when the definition asks for it.</summary>
    internal static uint? KvmGroup(VmDefinition definition) => definition.Accelerator == "kvm" ? Native.GroupOf(KvmDevice) : null;

    /// <summary>The first QEMU of a host that has none of our state: asked anew, and remembered nowhere.</summary>
    internal static Task<QemuHost> AskAsync(string path, CancellationToken ct) => AskAsync(path, StampOf(path), ct);

    /// <summary>Takes answers of QEMU apart: version, machine types, CPU models. Null when it did not start.</summary>
    internal static (string Version, List<string> Machines, Dictionary<string, IReadOnlyList<string>> Models)? Read(string output)
    {
        var answers = new Dictionary<int, JsonElement>();
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("id", out var id) && document.RootElement.TryGetProperty("return", out var answer))
                answers[id.GetInt32()] = answer.Clone();
        }

        if (!answers.TryGetValue(1, out var version) || !answers.TryGetValue(2, out var machines) || !answers.TryGetValue(3, out var models))
            return null;
        var numbers = version.GetProperty("qemu");
        return (
            $"{numbers.GetProperty("major")}.{numbers.GetProperty("minor")}.{numbers.GetProperty("micro")}",
            [.. machines.EnumerateArray().Select(m => m.GetProperty("name").GetString()!)],
            models.EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!, UnavailableFeatures));
    }

    private static IReadOnlyList<string> UnavailableFeatures(JsonElement model) =>
        model.TryGetProperty("unavailable-features", out var list) ? [.. list.EnumerateArray().Select(f => f.GetString()!)] : [];

    private static IEnumerable<string> MissingFeatures(VmDefinition definition, IReadOnlyDictionary<string, IReadOnlyList<string>> models)
    {
        var words = definition.Cpu.Split(',');
        if (!models.TryGetValue(words[0], out var missing))
            return [$"the QEMU of this machine knows no CPU model '{words[0]}' with {definition.Accelerator}"];

        // What the definition switches off need not be there. What it adds to the model only QEMU can judge: -cpu …,enforce makes it end with the reason before the guest runs.
        var off = words.Skip(1).Where(w => w[0] == '-').Select(w => w[1..]).ToHashSet(StringComparer.Ordinal);
        var needed = missing.Where(f => !off.Contains(f)).ToList();
        return needed.Count == 0 ? [] : [$"the processor of this machine lacks what CPU model '{words[0]}' has: {string.Join(", ", needed)}"];
    }

    private static async Task<QemuHost> AskAsync(string path, string stamp, CancellationToken ct)
    {
        var accelerators = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>>();
        (string Version, List<string> Machines, Dictionary<string, IReadOnlyList<string>> Models)? first = null;
        var said = "";
        foreach (var accelerator in File.Exists(KvmDevice) ? new[] { "tcg", "kvm" } : ["tcg"])
        {
            const string Questions = """
                {"execute":"qmp_capabilities"}
                {"execute":"query-version","id":1}
                {"execute":"query-machines","id":2}
                {"execute":"query-cpu-definitions","id":3}
                {"execute":"quit"}

                """;
            var (_, output, error) = await RuntimeProgram.RunAsync(
                [path, "-machine", $"none,accel={accelerator}", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-qmp", "stdio"], "/", s_limit, ct, Questions);
            said += error;
            if (Read(output) is not { } answer)
                continue;
            accelerators[accelerator] = answer.Models;
            first ??= answer;
        }

        return first is { } known
            ? new QemuHost(stamp, path, known.Version, known.Machines, accelerators)
            : throw new CloudletException(ErrorKind.Unsupported, $"asked {path} what it can do and got no answer: {said.Trim()}");
    }

    private static string StampOf(string path)
    {
        var file = Native.Stamp(System.IO.Path.GetFullPath(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path));
        var processor = File.ReadLines("/proc/cpuinfo").TakeWhile(l => l.Length > 0).Where(l => l.StartsWith("model name", StringComparison.Ordinal) || l.StartsWith("flags", StringComparison.Ordinal));
        var text = string.Create(CultureInfo.InvariantCulture, $"1 {path} {file} {File.Exists(KvmDevice)} {string.Join('\n', processor)}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static QemuHost? Remembered(string file)
    {
        try
        {
            return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), HostJson.Default.QemuHost) : null;
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
            // A store that can't be written to is told of by whoever has to write to it; here it costs a question.
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(QemuHost))]
internal sealed partial class HostJson : JsonSerializerContext;
