using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>The record of a VM (<c>vm.json</c> in its folder).</summary>
public sealed partial record VmRecord
{
    internal const string File = "vm.json";

    /// <summary>Its id, 12 hexadecimal digits, and its folder's name.</summary>
    public required string Id { get; init; }

    /// <summary>Its name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The project that it belongs to; null: started by a command on the host.</summary>
    public string? Project { get; init; }

    /// <summary>Id of its base.</summary>
    public required string BaseId { get; init; }

    /// <summary>QEMU's process.</summary>
    [JsonConverter(typeof(StoredProcessConverter))]
    public required ProcessIdentity Process { get; init; }

    /// <summary>Ports that are forwarded to it.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Writes it atomically.</summary>
    internal void Write(string folder)
    {
        var path = Path.Combine(folder, File);
        FileReplacement.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, VmJson.Default.VmRecord));
    }

    internal static VmRecord? Read(string folder)
    {
        try
        {
            var record = JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(Path.Combine(folder, File)), VmJson.Default.VmRecord);
            return record?.Id == Path.GetFileName(folder) && BasePattern().IsMatch(record.BaseId) && record.Forwards.All(f => f is not null)
                ? record
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex BasePattern();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(VmRecord))]
[JsonSerializable(typeof(StoredProcess))]
internal sealed partial class VmJson : JsonSerializerContext;

/// <summary>A process as the record stores it, always with its boot.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="StartTime">When it started, in clock ticks since boot.</param>
/// <param name="Boot">Id of that boot.</param>
internal sealed record StoredProcess(int Pid, long StartTime, string Boot)
{
    /// <summary>What it was when the record was written. Not read, but part of the format.</summary>
    public bool IsAlive => Identity().IsAlive;

    /// <inheritdoc cref="IsAlive"/>
    public TimeSpan? ProcessorTime => Identity().ProcessorTime;

    /// <summary>The process.</summary>
    public ProcessIdentity Identity() => new(Pid, StartTime) { Boot = Boot };
}

/// <summary>Writes a process as <see cref="StoredProcess"/>.</summary>
internal sealed class StoredProcessConverter : JsonConverter<ProcessIdentity>
{
    /// <inheritdoc/>
    public override ProcessIdentity? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, VmJson.Default.StoredProcess)?.Identity();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ProcessIdentity value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(
            writer,
            new StoredProcess(value.Pid, value.StartTicks, value.Boot ?? ProcessIdentity.ThisBoot),
            VmJson.Default.StoredProcess
        );
}
