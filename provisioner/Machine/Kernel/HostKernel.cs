using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Kernel;

/// <summary>The running kernel of this host.</summary>
public sealed class HostKernel : IKernel
{
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(60);
    private static readonly string[] ModuleSuffixes = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"];

    private readonly IProcesses _processes;
    private readonly string _root;

    /// <summary>Gives access to the kernel.</summary>
    /// <param name="processes">Runs modprobe.</param>
    /// <param name="root">Folder that holds proc, sys and lib/modules.</param>
    public HostKernel(IProcesses processes, string root = "/")
    {
        _processes = processes;
        _root = root;
    }

    /// <inheritdoc/>
    public string BootId =>
        Text("proc/sys/kernel/random/boot_id")
        ?? throw new CloudletException(ErrorKind.Unsupported, "Cannot read /proc/sys/kernel/random/boot_id; is /proc mounted?");

    /// <inheritdoc/>
    public string? ReadSetting(string path) => Text($"proc/sys/{path}");

    /// <inheritdoc/>
    public void WriteSetting(string path, string value)
    {
        var file = Path.Combine(_root, "proc/sys", path);
        SettingFile.Write(
            file,
            value,
            missing: e => new CloudletException(ErrorKind.NotFound, $"write {file}: this kernel has no such setting", e),
            refused: e => new CloudletException(KindOf(e), $"write \"{value}\" to {file}: {e.Message}", e)
        );

        static ErrorKind KindOf(IOException e) =>
            (e.HResult & 0xffff) switch
            {
                Errno.EINVAL => ErrorKind.InvalidInput,
                Errno.EROFS => ErrorKind.ReadOnly,
                _ => ErrorKind.Unexpected,
            };
    }

    private string ModuleFolder => Path.Combine(_root, "lib/modules", Text("proc/sys/kernel/osrelease") ?? "");

    /// <inheritdoc/>
    public bool IsModuleAvailable(string name)
    {
        var module = Normalize(name);
        // initstate exists for loadable modules only, and is not "live" while one is being loaded or unloaded (kernel/module in the
        // kernel's source).
        var state = Text($"sys/module/{module}/initstate");
        return state is null
            ? Directory.Exists(Path.Combine(_root, "sys/module", module)) || IsListed("modules.builtin", module)
            : state == "live";
    }

    /// <inheritdoc/>
    public bool CanLoad(string name) => IsModuleAvailable(name) || IsListed("modules.dep", Normalize(name));

    /// <inheritdoc/>
    public async Task LoadModuleAsync(string name, CancellationToken ct)
    {
        var module = Normalize(name);
        if (IsModuleAvailable(module))
            return;
        if (!IsListed("modules.dep", module))
        {
            throw new CloudletException(
                ErrorKind.DriverMissing,
                $"This kernel ({Text("proc/sys/kernel/osrelease")}) has no module '{name}' in {ModuleFolder}. Install the kernel "
                    + "image that has it, or choose another driver."
            );
        }
        var result = await _processes.RunAsync(HelperPrograms.Modprobe, ["--", module], LoadTimeout, ct);
        if (result.ExitCode == 0)
            return;
        throw new CloudletException(
            Environment.IsPrivilegedProcess ? ErrorKind.ProcessFailed : ErrorKind.PermissionDenied,
            $"modprobe {module} failed with exit code {result.ExitCode}: {result.Error.Trim()}. Loading modules needs root and "
                + "CAP_SYS_MODULE; see dmesg for the kernel's messages."
        );
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> ModuleParameters(string name)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var folder = new DirectoryInfo(Path.Combine(_root, "sys/module", Normalize(name), "parameters"));
        if (!folder.Exists)
            return values;
        foreach (var file in folder.EnumerateFiles())
            if (Text(Path.GetRelativePath(_root, file.FullName)) is { } value) // some are write-only
                values[file.Name] = value;
        return values;
    }

    /// <summary>True when a list in the kernel's module folder has the module's file; depmod writes one path per line.</summary>
    private bool IsListed(string list, string module)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(ModuleFolder, list));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        foreach (var line in lines)
        {
            var path = line.AsSpan();
            var colon = path.IndexOf(':');
            if (IsFileOf(Path.GetFileName(colon < 0 ? path : path[..colon]), module))
                return true;
        }
        return false;
    }

    private static bool IsFileOf(ReadOnlySpan<char> file, string module)
    {
        if (file.Length <= module.Length)
            return false;
        for (var i = 0; i < module.Length; i++)
            if ((file[i] == '-' ? '_' : file[i]) != module[i])
                return false;
        var suffix = file[module.Length..];
        foreach (var known in ModuleSuffixes)
            if (suffix.SequenceEqual(known))
                return true;
        return false;
    }

    private string? Text(string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(_root, path)).TrimEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Normalize(string name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-'))
                throw InvalidName(name);
        return name.Length is 0 or > 63 ? throw InvalidName(name) : name.Replace('-', '_');
    }

    private static CloudletException InvalidName(string name) =>
        new(ErrorKind.InvalidInput, $"'{name}' is not a valid kernel module name: it has 1 to 63 letters, digits, dashes and underscores.");
}
