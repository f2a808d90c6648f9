using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>What is written down about a VM (<c>vm.json</c> in its folder).</summary>
public sealed partial record VmRecord
{
    internal const string File = "vm.json";

    /// <summary>Its id, 12 hexadecimal digits, and its folder's name.</summary>
    public required string Id { get; init; }

    /// <summary>What people call it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The base that it builds on.</summary>
    public required string BaseId { get; init; }

    /// <summary>QEMU's process.</summary>
    public required ProcessIdentity Process { get; init; }

    /// <summary>Ports that lead into it.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>InvalidInput when neither base nor VM can have this name.</summary>
    internal static void RequireName(string name)
    {
        if (!NamePattern().IsMatch(name))
            throw new CloudletException(ErrorKind.InvalidInput, $"'{name}' can't be a name: use 1–40 lower-case letters, digits and dashes, with a letter first and no dash at the end");
    }

    /// <summary>Written whole or not at all.</summary>
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
            return record?.Id == Path.GetFileName(folder) ? record : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamePattern();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VmRecord))]
internal sealed partial class VmJson : JsonSerializerContext;
