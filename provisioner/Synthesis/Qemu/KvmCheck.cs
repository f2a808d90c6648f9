using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// Checks whether machines run with hardware virtualization here, by running one (<see cref="ProbeMachine"/>). The result is cached in the
/// store until QEMU, processor, boot, device or user change.
/// </summary>
internal sealed partial class KvmCheck(RuntimeStore store, string qemu, string hostStamp)
{
    /// <summary>
    /// How long a failure is cached. Its cause may vanish without a change of the stamp, such as another hypervisor that ended.
    /// </summary>
    private static readonly TimeSpan RefusalHolds = TimeSpan.FromMinutes(10);

    private string Memory => Path.Combine(store.Folder, "kvm.json");

    /// <summary>Why machines of this definition can't run with KVM here, and what to do; null when the probe machine ran.</summary>
    public async Task<string?> ProblemAsync(VmDefinition definition, CancellationToken ct)
    {
        var device = KvmDevice.Find();
        if (device is null)
            return Explain(device, definition.Cpu, "");
        var stamp = Stamp(device);
        var known = Recall() is { } kept && kept.Stamp == stamp ? kept.Answers : new Dictionary<string, KvmAnswer>();
        var question = string.Create(CultureInfo.InvariantCulture, $"{definition.Machine} {definition.Cpu} {definition.Cpus}");
        if (known.TryGetValue(question, out var old) && old is not null && old.HoldsAt(DateTimeOffset.UtcNow, RefusalHolds))
            return old.Problem;
        var output = await ProbeMachine.RunAsync(store, qemu, definition, device.Group, ProbeMachine.Limit, ct);
        var problem = output is null ? null : Explain(device, definition.Cpu, output);
        Remember(new KvmAnswers(stamp, new Dictionary<string, KvmAnswer>(known) { [question] = new(problem, DateTimeOffset.UtcNow) }));
        return problem;
    }

    /// <summary>The reason and what to do, as message.</summary>
    /// <param name="device">The device, or null.</param>
    /// <param name="cpu">The requested CPU model.</param>
    /// <param name="output">Output of the probe.</param>
    internal static string Explain(KvmDevice? device, string cpu, string output)
    {
        const string Instead = "or make a base with --accel tcg (a sealed state can't move between accelerators)";
        if (device is null)
            return $"there is no {KvmDevice.Path}: turn virtualization on in the firmware (in a VM: in the host's settings) and load "
                + $"kvm_intel or kvm_amd, {Instead}";
        if (!device.IsOpen && QemuUser.Current.IsOwn)
            return $"QEMU runs as user {QemuUser.DefaultId}, which can't open {device}: give the device a dedicated group (chgrp "
                + $"kvm {KvmDevice.Path} && chmod 0660 {KvmDevice.Path}), {Instead}";
        if (MissingFeature().Matches(output) is { Count: > 0 } missing)
            return $"KVM on this machine lacks features of CPU model '{cpu}' "
                + $"({string.Join(", ", missing.Select(m => m.Groups["name"].Value).Distinct())}): "
                + $"choose another --cpu, {Instead}";
        if (output.Contains("Permission denied", StringComparison.Ordinal))
            return $"QEMU can't open {device}: {AccessAdvice(device)}, {Instead}";
        return $"a probe machine of a few instructions failed with {device}: "
            + $"{string.Join("; ", output.Split('\n').TakeLast(5))}: fix that, {Instead}";
    }

    private static string AccessAdvice(KvmDevice device) =>
        (QemuUser.Current.IsOwn, device.IsOpen) switch
        {
            (true, _) => "look for rules of AppArmor, SELinux or a container's device filter",
            (false, true) => "join its group (usermod -aG) and log in again",
            _ => $"let root give the device a dedicated group (chgrp kvm {KvmDevice.Path} && chmod 0660 {KvmDevice.Path}), join "
                + "that group (usermod -aG kvm) and log in again",
        };

    private string Stamp(KvmDevice device)
    {
        var groups = QemuUser.Current.IsOwn
            ? ""
            : File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith("Groups:", StringComparison.Ordinal));
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id");
        return Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"1 {hostStamp} {device.Node} {boot} {QemuUser.Current} {groups}"))
        );
    }

    private KvmAnswers? Recall()
    {
        try
        {
            return File.Exists(Memory) && JsonSerializer.Deserialize(File.ReadAllBytes(Memory), KvmJson.Default.KvmAnswers) is { } kept
                ? kept
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Remember(KvmAnswers answers)
    {
        try
        {
            using var staged = new StagedFile(Memory);
            using (var fresh = staged.Open())
                JsonSerializer.Serialize(fresh, answers, KvmJson.Default.KvmAnswers);
            staged.Publish();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without a cache the probe runs again.
        }
    }

    [GeneratedRegex(
        @"support requested feature: (CPUID\.\w+:\w+|MSR\(\w+\))\.(?<name>\S+) \[bit",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex MissingFeature();
}

/// <summary>Cached results about KVM.</summary>
/// <param name="Stamp">Digest of everything that the results depend on.</param>
/// <param name="Answers">By machine type, CPU model and number of processors.</param>
internal sealed record KvmAnswers(string Stamp, IReadOnlyDictionary<string, KvmAnswer> Answers);

/// <summary>One cached result.</summary>
/// <param name="Problem">Why it failed, or null.</param>
/// <param name="Asked">When the probe ran.</param>
internal sealed record KvmAnswer(string? Problem, DateTimeOffset Asked)
{
    /// <summary>True while the result is still valid.</summary>
    public bool HoldsAt(DateTimeOffset now, TimeSpan refusalHolds) => Problem is null || (Asked <= now && now - Asked < refusalHolds);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(KvmAnswers))]
internal sealed partial class KvmJson : JsonSerializerContext;
