using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Check.Guests;

/// <summary>A package that the host's sources offer.</summary>
internal sealed record DebianPackage(string Name, string Version)
{
    /// <summary>As apt takes it.</summary>
    public override string ToString() => $"{Name}={Version}";
}

/// <summary>Packages of the host's sources, unpacked into a folder. Nothing is installed, and apt's lists stay as they are.</summary>
/// <param name="processes">Runs apt and dpkg.</param>
internal sealed class DebianPackages(IProcesses processes)
{
    /// <summary>Package with a busybox that needs no libraries.</summary>
    public const string Busybox = "busybox-static";

    private const string Otherwise = "or use an image of the cloud: --image NAME";
    private static readonly TimeSpan QueryLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DownloadLimit = TimeSpan.FromMinutes(5);

    /// <summary>Prefix of packages with a kernel; the rest of the name is the kernel's version.</summary>
    public const string KernelPrefix = "linux-image-";

    /// <summary>Name of the package that depends on the newest kernel for clouds.</summary>
    /// <exception cref="CloudletException">Unsupported: Debian has no such kernel for this processor.</exception>
    public static string NewestKernel =>
        RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => $"{KernelPrefix}cloud-amd64",
            Architecture.Arm64 => $"{KernelPrefix}cloud-arm64",
            var other => throw new CloudletException(ErrorKind.Unsupported, $"there is no guest of ours for {other}; {Otherwise}"),
        };

    /// <summary>The package with the newest kernel for clouds.</summary>
    /// <exception cref="CloudletException">NotFound: the sources offer none.</exception>
    public async Task<DebianPackage> KernelAsync(CancellationToken ct)
    {
        var fields = await ShowAsync(NewestKernel, ct);
        var needed = (fields.GetValueOrDefault("Depends") ?? "")
            .Split(',', '|')
            .Select(static d => d.Trim().Split(' ')[0])
            .FirstOrDefault(static d => d.StartsWith(KernelPrefix, StringComparison.Ordinal));
        return needed is null
            ? throw new CloudletException(
                ErrorKind.NotFound,
                $"apt-cache show {NewestKernel}: it depends on no package {KernelPrefix}…; {Otherwise}"
            )
            : await FindAsync(needed, ct);
    }

    /// <summary>The version of a package that apt would install.</summary>
    /// <exception cref="CloudletException">NotFound: the sources do not offer it.</exception>
    public async Task<DebianPackage> FindAsync(string name, CancellationToken ct) =>
        new(name, (await ShowAsync(name, ct)).GetValueOrDefault("Version") ?? throw NotOffered(name));

    /// <summary>
    /// Modules are below /lib in Debian 12, below /usr/lib in Debian 13, and releases of depmod differ in where they look: both lead there.
    /// </summary>
    private const string Unpack = """
        cd "$1"
        for package in *.deb; do
            dpkg-deb --extract "$package" root
            rm "$package"
        done
        [ -e root/lib ] || ln -s usr/lib root/lib
        [ -e root/usr/lib/modules ] || { mkdir -p root/usr/lib; ln -s ../../lib/modules root/usr/lib/modules; }
        """;

    /// <summary>Downloads packages and unpacks them below <c>FOLDER/root</c>, without their scripts.</summary>
    /// <exception cref="CloudletException">Unreachable: apt could not fetch them. ProcessFailed: one cannot be unpacked.</exception>
    public async Task UnpackAsync(IReadOnlyList<DebianPackage> packages, string folder, CancellationToken ct)
    {
        // apt-get download writes to the working directory.
        var fetched = await processes.RunAsync(
            HelperPrograms.Sh,
            [
                "-ec",
                "cd \"$1\"; shift; exec apt-get -q -o Acquire::Retries=1 download \"$@\"",
                "sh",
                folder,
                .. packages.Select(static p => p.ToString()),
            ],
            DownloadLimit,
            ct
        );
        if (fetched.ExitCode != 0)
            throw new CloudletException(
                ErrorKind.Unreachable,
                $"apt-get download {string.Join(' ', packages)}: {LastLines(fetched.Error)}. Run `apt-get update` on the host if its lists "
                    + $"are old; if it cannot reach its package sources, {Install} from another source there, {Otherwise}"
            );
        await RunAsync(HelperPrograms.Sh, ["-ec", Unpack, "sh", folder], ct);
    }

    /// <summary>Writes modules.dep for a kernel that was unpacked below <c>FOLDER/root</c>: a package does not contain it.</summary>
    public Task OrderModulesAsync(string folder, string version, CancellationToken ct) =>
        RunAsync(HelperPrograms.Depmod, ["-b", $"{folder}/root", version], ct);

    private static string Install => $"install {NewestKernel} and {Busybox}";

    private async Task RunAsync(HelperProgram program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var done = await processes.RunAsync(program, arguments, DownloadLimit, ct);
        if (done.ExitCode != 0)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"{program.Name}, unpacking the guest's packages, exited with {done.ExitCode}: {LastLines(done.Error)}"
            );
    }

    private async Task<Dictionary<string, string>> ShowAsync(string name, CancellationToken ct)
    {
        var shown = await processes.RunAsync(HelperPrograms.AptCache, ["show", "--no-all-versions", name], QueryLimit, ct);
        if (shown.ExitCode != 0)
            throw NotOffered(name);
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in shown.Output.Split('\n').TakeWhile(static l => l.Length > 0))
            if (line[0] != ' ' && line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                fields.TryAdd(line[..colon], line[(colon + 1)..].Trim());
        return fields;
    }

    private static CloudletException NotOffered(string name) =>
        new(
            ErrorKind.NotFound,
            $"the guest is made from Debian's packages, and apt on this host offers no {name}: run `apt-get update` there, or "
                + $"{Install}, {Otherwise}"
        );

    private static string LastLines(string text) =>
        string.Join("; ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3));
}
