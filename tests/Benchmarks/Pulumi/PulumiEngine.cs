using CliWrap;
using CliWrap.Buffered;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Pulumi;

/// <summary>The real CLI of Pulumi in a folder of its own, with backends in files, without a network.</summary>
internal sealed class PulumiEngine : IDisposable
{
    private const string Variable = "CLOUDLET_PULUMI";

    private readonly DirectoryInfo _folder;
    private readonly string _programs;

    private PulumiEngine(DirectoryInfo folder, string programs) => (_folder, _programs) = (folder, programs);

    private static string Provider => Path.Join(Published.Root(), "artifacts", "provider");

    /// <summary>Finds the CLI: by the variable CLOUDLET_PULUMI, on PATH, or packed in shared/tools/pulumi above the repository.</summary>
    /// <exception cref="CloudletException">NotFound: there is none, or no published provider.</exception>
    public static PulumiEngine Find()
    {
        if (!File.Exists(Path.Join(Provider, "pulumi-resource-cloudlet")))
            throw new CloudletException(ErrorKind.NotFound, $"there is no provider in {Provider}: run build/publish first");
        var folder = Directory.CreateTempSubdirectory("cloudlet-bench-pulumi-");
        try
        {
            if (Unpacked() is { } programs)
                return new PulumiEngine(folder, programs);
            var packed =
                Packed()
                ?? throw new CloudletException(
                    ErrorKind.NotFound,
                    $"pulumi and pulumi-language-yaml are neither on PATH nor in the folder that {Variable} names"
                );
            var target = Path.Join(folder.FullName, "programs");
            var result = Cli.Wrap(Path.Join(packed, "unpack")).WithArguments([target]).ExecuteBufferedAsync().Task.GetAwaiter().GetResult();
            return result.IsSuccess
                ? new PulumiEngine(folder, target)
                : throw new CloudletException(ErrorKind.ProcessFailed, $"{packed}/unpack: {result.StandardError}");
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Its version.</summary>
    public async Task<string> VersionAsync(CancellationToken ct) =>
        (await Cli.Wrap(Path.Join(_programs, "pulumi")).WithArguments(["version"]).ExecuteBufferedAsync(ct)).StandardOutput.Trim();

    /// <summary>Creates a project with one stack.</summary>
    /// <param name="name">Of the project.</param>
    /// <param name="resources">Its resources as YAML, or empty.</param>
    public Stack NewStack(string name, string resources)
    {
        var work = Directory.CreateDirectory(Path.Join(_folder.FullName, name)).FullName;
        Directory.CreateDirectory(Path.Join(work, "backend"));
        File.WriteAllText(
            Path.Join(work, "Pulumi.yaml"),
            $"name: {name}\nruntime: yaml\nplugins:\n  providers:\n    - {{name: cloudlet, path: {Provider}}}\n{resources}"
        );
        return new Stack(
            Cli.Wrap(Path.Join(_programs, "pulumi"))
                .WithWorkingDirectory(work)
                .WithValidation(CommandResultValidation.None)
                .WithEnvironmentVariables(e =>
                    e.Set("PATH", $"{_programs}:{Environment.GetEnvironmentVariable("PATH")}")
                        .Set("PULUMI_HOME", Path.Join(_folder.FullName, "home"))
                        .Set("PULUMI_BACKEND_URL", $"file://{work}/backend")
                        .Set("PULUMI_CONFIG_PASSPHRASE", "x")
                        .Set("PULUMI_SKIP_UPDATE_CHECK", "true")
                        .Set("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
                )
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static string? Unpacked() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Prepend(Environment.GetEnvironmentVariable(Variable) ?? "")
            .FirstOrDefault(static p =>
                p.Length > 0 && File.Exists(Path.Join(p, "pulumi")) && File.Exists(Path.Join(p, "pulumi-language-yaml"))
            );

    private static string? Packed()
    {
        List<string> places = [Environment.GetEnvironmentVariable(Variable) ?? ""];
        for (var above = new DirectoryInfo(Published.Root()).Parent; above is not null; above = above.Parent)
            places.Add(Path.Join(above.FullName, "shared", "tools", "pulumi"));
        return places.Find(static p => p.Length > 0 && File.Exists(Path.Join(p, "unpack")));
    }

    /// <summary>One stack.</summary>
    internal sealed class Stack(Command pulumi)
    {
        private bool _isMade;

        /// <summary>Updates it.</summary>
        public async Task UpAsync(CancellationToken ct)
        {
            if (!_isMade)
                await RunAsync(["stack", "init", "dev"], ct);
            _isMade = true;
            await RunAsync(["up", "--yes"], ct);
        }

        /// <summary>Runs the CLI.</summary>
        /// <exception cref="CloudletException">ProcessFailed, with all that it said.</exception>
        public async Task RunAsync(IReadOnlyList<string> arguments, CancellationToken ct)
        {
            var result = await pulumi.WithArguments([.. arguments, "--non-interactive"]).ExecuteBufferedAsync(ct);
            if (!result.IsSuccess)
                throw new CloudletException(
                    ErrorKind.ProcessFailed,
                    $"pulumi {string.Join(' ', arguments)}: {result.StandardOutput}{result.StandardError}"
                );
        }
    }
}
