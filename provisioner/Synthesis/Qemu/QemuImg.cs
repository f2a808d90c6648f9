using System.Globalization;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>What qemu-img says about an image.</summary>
/// <param name="Format">As it names it.</param>
/// <param name="VirtualSize">Bytes of the disk.</param>
/// <param name="Problems">What forbids to use it.</param>
internal sealed record ImageInfo(string Format, long VirtualSize, IReadOnlyList<string> Problems);

/// <summary>qemu-img, run like QEMU without privileges, and with bounds on memory and time: what it reads may come from anybody.</summary>
internal static class QemuImg
{
    private const long MostMemory = 2L << 30;
    private static readonly TimeSpan s_infoLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_convertLimit = TimeSpan.FromHours(2);

    /// <summary>What an image is; InvalidInput, with qemu-img's words, when it is none.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="format">What it has been recognized as: qemu-img is not to guess.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<ImageInfo> InfoAsync(string folder, string name, string format, CancellationToken ct)
    {
        var (exit, output, error) = await RunAsync(folder, s_infoLimit, ct, "info", "--output=json", "-f", format, name);
        if (exit != 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"qemu-img does not take it for a whole {format} image: {error.Trim()}");
        using var document = JsonDocument.Parse(output);
        return Read(document.RootElement);
    }

    /// <summary>Writes the disk of an image as a raw file with holes. The target is there, empty. ProcessFailed or NoSpace with qemu-img's words.</summary>
    public static async Task ConvertAsync(string folder, string name, string format, string target, CancellationToken ct)
    {
        var (exit, _, error) = await RunAsync(folder, s_convertLimit, ct, "convert", "-f", format, "-O", "raw", "-S", "4k", name, target);
        if (exit != 0)
            throw new CloudletException(error.Contains("No space left", StringComparison.Ordinal) ? ErrorKind.NoSpace : ErrorKind.ProcessFailed, $"read the disk out of the {format} image: {error.Trim()}");
    }

    /// <summary>Where a qcow2 layer holds what, as JSON. Its VM, if it has one, stands still.</summary>
    public static async Task<string> MapAsync(string folder, string name, CancellationToken ct)
    {
        var (exit, output, error) = await RunAsync(folder, s_infoLimit, ct, "map", "--output=json", "--force-share", "-f", "qcow2", name);
        return exit == 0 ? output : throw new CloudletException(ErrorKind.ProcessFailed, $"asked where {Path.Combine(folder, name)} holds data: {error.Trim()}");
    }

    /// <summary>What qemu-img finds wrong with a qcow2 layer that no VM uses; null when nothing is.</summary>
    public static async Task<string?> CheckAsync(string folder, string name, CancellationToken ct)
    {
        var (exit, output, error) = await RunAsync(folder, s_convertLimit, ct, "check", "-f", "qcow2", name);
        return exit == 0 ? null : $"{output.Trim()}\n{error.Trim()}".Trim();
    }

    private static ImageInfo Read(JsonElement info)
    {
        var problems = new List<string>();
        if (info.TryGetProperty("backing-filename", out _) || info.TryGetProperty("full-backing-filename", out _))
            problems.Add("it has a backing file: flatten it where it was made (qemu-img convert)");
        if (info.TryGetProperty("encrypted", out var encrypted) && encrypted.ValueKind == JsonValueKind.True)
            problems.Add("it is encrypted: decrypt it first");
        if (info.TryGetProperty("dirty-flag", out var dirty) && dirty.ValueKind == JsonValueKind.True)
            problems.Add("it was not closed properly: check it where it was made (qemu-img check -r all)");
        if (info.TryGetProperty("format-specific", out var specific) && specific.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("data-file", out _))
            problems.Add("its data are in another file");
        return new ImageInfo(info.GetProperty("format").GetString()!, info.GetProperty("virtual-size").GetInt64(), problems);
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(string folder, TimeSpan limit, CancellationToken ct, params string[] arguments)
    {
        var bounds = new[] { RuntimeProgram.Prlimit.Find(), "--core=0", $"--as={MostMemory.ToString(CultureInfo.InvariantCulture)}" };
        return RuntimeProgram.RunAsync([.. bounds, .. VmUser.Current.Prefix(kvm: null), RuntimeProgram.QemuImg.Find(), .. arguments], folder, limit, ct);
    }
}
