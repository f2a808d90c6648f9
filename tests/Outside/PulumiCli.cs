using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Cloudlet.Outside.Tests;

/// <summary>The real CLI of Pulumi, unpacked once for all tests that use it, and removed after them.</summary>
public sealed class PulumiCli : IDisposable
{
    /// <summary>
    /// Folder of the packed CLI, or of the unpacked programs, if they are neither on PATH nor in a folder above the repository.
    /// </summary>
    private const string Variable = "CLOUDLET_PULUMI";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cloudlet-pulumi-");
    private readonly string? _missing;
    private readonly string _programs = "";

    public PulumiCli()
    {
        if (!Environment.IsPrivilegedProcess)
            _missing = "needs root: the hosts are network namespaces of this machine";
        else if (!File.Exists(Provider))
            _missing = $"needs the published provider, but {Provider} does not exist: run build/publish";
        else if (OnPath() is { } path)
            _programs = path;
        else if (Packed() is { } packed)
            _missing = Unpack(packed, _programs = Path.Join(_folder.FullName, "programs"));
        else
            _missing =
                $"needs Pulumi's CLI with its YAML language host: found neither on PATH, nor by {Variable}, nor in a folder "
                + "shared/tools/pulumi above the repository";
    }

    private static string Repository { get; } = Path.GetFullPath(Path.Join(Path.GetDirectoryName(Here()), "../.."));

    private static string Provider => Path.Join(Repository, "artifacts/provider/pulumi-resource-cloudlet");

    /// <summary>The program <c>cloudlet</c> that was published with the provider.</summary>
    public static string Cloudlet => Path.Join(Path.GetDirectoryName(Provider), "cloudlet");

    /// <summary>Creates a project with one stack for one test. Skips the test, with the reason, where there is no CLI.</summary>
    public async Task<PulumiStack> NewStackAsync(string project, string stack = "dev")
    {
        if (_missing is not null)
            Assert.Skip(_missing);
        var work = Directory.CreateDirectory(Path.Join(_folder.FullName, Guid.NewGuid().ToString("N")[..8])).FullName;
        Directory.CreateDirectory(Path.Join(work, "backend"));
        var made = new PulumiStack(_programs, Path.Join(_folder.FullName, "home"), work, project, Path.GetDirectoryName(Provider)!);
        made.Declare("");
        await made.RunAsync(0, "stack", "init", stack);
        return made;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string? OnPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Prepend(Environment.GetEnvironmentVariable(Variable) ?? "")
            .FirstOrDefault(static p =>
                p.Length > 0 && File.Exists(Path.Join(p, "pulumi")) && File.Exists(Path.Join(p, "pulumi-language-yaml"))
            );

    private static string? Packed()
    {
        var places = new List<string>();
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            places.Add(named);
        for (var above = new DirectoryInfo(Repository).Parent; above is not null; above = above.Parent)
            places.Add(Path.Join(above.FullName, "shared/tools/pulumi"));
        return places.FirstOrDefault(static p => File.Exists(Path.Join(p, "unpack")) && File.Exists(Path.Join(p, "pulumi.zst")));
    }

    private static string Here([CallerFilePath] string file = "") => file;

    private static string? Unpack(string packed, string into)
    {
        using var unpack = Process.Start(
            new ProcessStartInfo(Path.Join(packed, "unpack"), [into]) { UseShellExecute = false, RedirectStandardError = true }
        )!;
        var error = unpack.StandardError.ReadToEnd();
        unpack.WaitForExit();
        return unpack.ExitCode == 0 ? null : $"Pulumi's CLI cannot be unpacked: {error.Trim().ReplaceLineEndings(" ")}";
    }
}

/// <summary>A stack in its own folder, driven by the real CLI.</summary>
public sealed class PulumiStack(string programs, string home, string folder, string project, string provider)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Replaces the program.</summary>
    /// <param name="resources">The resources, as YAML, not indented.</param>
    /// <param name="installed">Whether Pulumi has to find an installed provider; by default the program names the published one.</param>
    public void Declare(string resources, bool installed = false)
    {
        var indented = string.Join('\n', resources.Split('\n').Select(static l => $"  {l}"));
        var plugins = installed ? "" : $"plugins:\n  providers:\n    - {{name: cloudlet, path: {provider}}}\n";
        File.WriteAllText(
            Path.Join(folder, "Pulumi.yaml"),
            $"name: {project}\nruntime: yaml\n{plugins}{(resources.Length > 0 ? $"resources:\n{indented}\n" : "")}"
        );
    }

    /// <summary>Runs the CLI and returns all its output.</summary>
    /// <param name="exitCode">The expected exit code; null: anything but 0.</param>
    /// <param name="arguments">Its arguments.</param>
    public async Task<string> RunAsync(int? exitCode, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Join(programs, "pulumi"), [.. arguments, "--non-interactive"])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{programs}:{start.Environment["PATH"]}";
        start.Environment["PULUMI_HOME"] = home;
        start.Environment["PULUMI_BACKEND_URL"] = $"file://{folder}/backend";
        start.Environment["PULUMI_CONFIG_PASSPHRASE"] = "x";
        start.Environment["PULUMI_SKIP_UPDATE_CHECK"] = "true";
        start.Environment["PULUMI_SKIP_CONFIRMATIONS"] = "true";
        start.Environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true";
        start.Environment["NO_COLOR"] = "1";
        using var limit = new CancellationTokenSource(Patience);
        using var cli = Process.Start(start)!;
        try
        {
            var error = cli.StandardError.ReadToEndAsync(limit.Token);
            var said = await cli.StandardOutput.ReadToEndAsync(limit.Token) + await error;
            await cli.WaitForExitAsync(limit.Token);
            if (exitCode is { } expected)
                cli.ExitCode.ShouldBe(expected, said);
            else
                cli.ExitCode.ShouldNotBe(0, said);
            return said;
        }
        finally
        {
            if (!cli.HasExited)
                cli.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The resources in the stack's state, by name.</summary>
    public async Task<Dictionary<string, JsonNode>> StateAsync()
    {
        var state = JsonNode.Parse(await RunAsync(0, "stack", "export"))!["deployment"]!["resources"]?.AsArray() ?? [];
        return state.ToDictionary(static r => r!["urn"]!.GetValue<string>().Split("::", 4)[^1], static r => r!);
    }
}

/// <summary>Network namespaces of one test, each of them a host; removed after it.</summary>
internal sealed class Namespaces : IDisposable
{
    private readonly string _tag = $"cli-{Guid.NewGuid().ToString("N")[..6]}";
    private readonly List<string> _made = [];

    /// <summary>Creates a namespace.</summary>
    /// <returns>Its name.</returns>
    public string Add(string name)
    {
        var full = $"{_tag}-{name}";
        Ip("netns", "add", full).ShouldBe(0);
        _made.Add(full);
        return full;
    }

    /// <summary>Deletes a namespace before the test ends.</summary>
    public static void Delete(string name) => Ip("netns", "delete", name).ShouldBe(0);

    /// <summary>The MTU of the link br0 there; null without that link.</summary>
    public static int? Mtu(string name) =>
        File.Exists($"/run/netns/{name}") && Output("-n", name, "-j", "link", "show", "br0") is { Length: > 0 } json
            ? JsonNode.Parse(json)![0]!["mtu"]!.GetValue<int>()
            : null;

    public void Dispose()
    {
        foreach (var name in _made.Where(static n => File.Exists($"/run/netns/{n}")))
            Ip("netns", "delete", name);
        foreach (var name in _made.Where(static n => Directory.Exists($"/run/cloudlet/netns/{n}")))
            Directory.Delete($"/run/cloudlet/netns/{name}", recursive: true);
    }

    private static int Ip(params string[] words)
    {
        using var ip = Start(words);
        ip.WaitForExit();
        return ip.ExitCode;
    }

    private static string Output(params string[] words)
    {
        using var ip = Start(words);
        var output = ip.StandardOutput.ReadToEnd();
        ip.WaitForExit();
        return ip.ExitCode == 0 ? output : "";
    }

    private static Process Start(string[] words) =>
        Process.Start(
            new ProcessStartInfo("ip", words)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
}
