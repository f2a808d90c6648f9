using System.Globalization;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Output of qemu-img about an image.</summary>
/// <param name="Format">Format as qemu-img names it.</param>
/// <param name="VirtualSize">Bytes of the disk.</param>
/// <param name="Problems">Why it can't be used; empty when it can.</param>
internal sealed record ImageInfo(string Format, long VirtualSize, IReadOnlyList<string> Problems);

/// <summary>Runs qemu-img without privileges, like QEMU, and with limits of memory and time: the images are not trusted.</summary>
internal static class QemuImg
{
    private const long MostMemory = 2L << 30;
    private static readonly TimeSpan InfoLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConvertLimit = TimeSpan.FromHours(2);

    /// <summary>Properties of an image; InvalidInput, with qemu-img's message, when it can't be read.</summary>
    /// <param name="folder">Folder of the image.</param>
    /// <param name="name">File name of the image.</param>
    /// <param name="format">The detected format, so that qemu-img does not guess.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<ImageInfo> InfoAsync(string folder, string name, string format, CancellationToken ct)
    {
        var (exit, output, error) = await RunAsync(folder, InfoLimit, ct, "info", "--output=json", "-f", format, name);
        if (exit != 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"qemu-img can't read it as a {format} image: {error.Trim()}");
        using var document = JsonDocument.Parse(output);
        return Read(document.RootElement);
    }

    /// <summary>
    /// Converts the disk of an image to a sparse raw file, which has to exist and be empty. ProcessFailed or NoSpace, with qemu-img's
    /// message.
    /// </summary>
    public static async Task ConvertAsync(string folder, string name, string format, string target, CancellationToken ct)
    {
        var (exit, _, error) = await RunAsync(folder, ConvertLimit, ct, "convert", "-f", format, "-O", "raw", "-S", "4k", name, target);
        if (exit != 0)
            throw new CloudletException(
                error.Contains("No space left", StringComparison.Ordinal) ? ErrorKind.NoSpace : ErrorKind.ProcessFailed,
                $"can't convert the {format} image: {error.Trim()}"
            );
    }

    /// <summary>The extents of a qcow2 layer, as JSON. Its VM, if any, has to be paused.</summary>
    public static async Task<string> MapAsync(string folder, string name, CancellationToken ct)
    {
        var (exit, output, error) = await RunAsync(folder, InfoLimit, ct, "map", "--output=json", "--force-share", "-f", "qcow2", name);
        return exit == 0
            ? output
            : throw new CloudletException(ErrorKind.ProcessFailed, $"can't map {Path.Combine(folder, name)}: {error.Trim()}");
    }

    /// <summary>Problems that qemu-img finds in a qcow2 layer that no VM uses; null when there are none.</summary>
    public static async Task<string?> CheckAsync(string folder, string name, CancellationToken ct)
    {
        var (exit, output, error) = await RunAsync(folder, ConvertLimit, ct, "check", "-f", "qcow2", name);
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
        if (
            info.TryGetProperty("format-specific", out var specific)
            && specific.TryGetProperty("data", out var data)
            && data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty("data-file", out _)
        )
            problems.Add("its data are in another file");
        return new ImageInfo(info.GetProperty("format").GetString()!, info.GetProperty("virtual-size").GetInt64(), problems);
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(
        string folder,
        TimeSpan limit,
        CancellationToken ct,
        params string[] arguments
    )
    {
        var bounds = new[] { RuntimeProgram.Prlimit.Find(), "--core=0", $"--as={MostMemory.ToString(CultureInfo.InvariantCulture)}" };
        return RuntimeProgram.RunAsync(
            [.. bounds, .. QemuUser.Current.Prefix(kvm: null), RuntimeProgram.QemuImg.Find(), .. arguments],
            folder,
            limit,
            ct
        );
    }
}
