using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Output;

/// <summary>Overlays and exported bases, as text or JSON.</summary>
internal static class OverlayText
{
    /// <summary>Prints the header of an overlay and, after it was made, the counts of pages.</summary>
    public static void Print(TextWriter output, string file, OverlaySummary overlay, OverlayCounts? counts, bool json)
    {
        var header = overlay.Header;
        var (disk, memory) = (header.DiskPages * PageSize.Bytes, header.MemoryPages * PageSize.Bytes);
        var line = new OverlayLine(header.Id(), header.BaseId, file, header.FileLength, disk, memory, header.Literals, counts)
        {
            QemuVersion = overlay.QemuVersion,
        };
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(line, OverlayJson.Default.OverlayLine));
            return;
        }

        output.WriteLine($"file     {file}, {line.Bytes} bytes");
        output.WriteLine($"id       {line.Id}");
        output.WriteLine(header.BaseId == OverlayHeader.NoBase ? "base     none: this is an exported base" : $"base     {line.Base}");
        var ofMemory = line.MemoryBytes > 0 ? $" and a memory of {ByteText.Of(line.MemoryBytes)}" : "";
        output.WriteLine($"of       a disk of {ByteText.Of(line.DiskBytes)}{ofMemory}");
        if (header.MemoryPages > 0)
            output.WriteLine($"devices  of QEMU {overlay.QemuVersion ?? "with the version in the base's manifest"}");
        output.WriteLine(
            counts is null
                ? $"carries  {line.CarriedPages} pages of 4 KiB"
                : $"pages    {counts.Changed} changed: {counts.Zero} zero, {counts.InBase} elsewhere in the base, {counts.Repeated} "
                    + $"like another one, {counts.Carried} carried"
        );
    }

    /// <summary>Where to print the result: standard output, unless the file was written there.</summary>
    public static TextWriter Beside(string file, InvocationConfiguration console) =>
        OutputPath.Of(file).IsStandardOutput ? console.Error : console.Output;
}

/// <summary>An overlay as one line of JSON.</summary>
internal sealed record OverlayLine(
    string Id,
    string Base,
    string File,
    long Bytes,
    long DiskBytes,
    long MemoryBytes,
    long CarriedPages,
    OverlayCounts? Pages
)
{
    /// <summary>Version of the QEMU that wrote its device state.</summary>
    public string? QemuVersion { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(OverlayLine))]
internal sealed partial class OverlayJson : JsonSerializerContext;
