using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
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

    /// <summary>Id of its base.</summary>
    public required string BaseId { get; init; }

    /// <summary>QEMU's process.</summary>
    public required ProcessIdentity Process { get; init; }

    /// <summary>Ports that are forwarded to it.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Writes it atomically.</summary>
    internal void Write(string folder)
    {
        var path = Path.Combine(folder, File);
        System.IO.File.WriteAllBytes($"{path}.new", JsonSerializer.SerializeToUtf8Bytes(this, VmJson.Default.VmRecord));
        System.IO.File.Move($"{path}.new", path, overwrite: true);
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
internal sealed partial class VmJson : JsonSerializerContext;
