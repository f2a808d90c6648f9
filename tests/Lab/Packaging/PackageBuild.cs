using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Linux;
using Cloudlet.TestKit;

namespace Cloudlet.Lab.Tests.Packaging;

/// <summary>Runs build/package on what was published, with a key for repositories that exists only for the tests of a class.</summary>
public sealed class PackageBuild : IDisposable
{
    private const string Key = "packages of a test";

    private readonly TempDir _folder = new();
    private bool _hasKey;

    /// <summary>The programs that build/package calls, each with its Debian package.</summary>
    private static readonly (string Program, string Package)[] Needed =
    [
        ("dpkg-deb", "dpkg"),
        ("objdump", "binutils"),
        ("jq", "jq"),
        ("apt-ftparchive", "apt-utils"),
        ("gpg", "gpg"),
        ("gpg-agent", "gpg-agent"),
        ("git", "git"),
    ];

    /// <summary>A path in the folder of the tests.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Skips the calling test where a program is missing; where CI requires it, fails and says what to install.</summary>
    public static void Require(params (string Program, string Package)[] needed)
    {
        _ = CloudletProgram.Path;
        var missing = Needed.Concat(needed).Where(static n => ProgramSearch.Find(n.Program) is null).Select(static n => n.Package).ToList();
        if (missing.Count == 0)
            return;
        var advice = $"needs packages that are not installed: apt-get install {string.Join(' ', missing)}";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", advice);
        Assert.Fail(advice);
    }

    /// <summary>Runs build/package with its fast compression; returns the folder of its output.</summary>
    /// <param name="name">Name of the output.</param>
    /// <param name="options">Further options.</param>
    public async Task<string> RunAsync(string name, params string[] options)
    {
        var output = _folder[name];
        (await TryAsync([.. options, output])).ShouldExitWith(0);
        return output;
    }

    /// <summary>Runs build/package and returns its result, whatever the exit code.</summary>
    public Task<ProgramRun> TryAsync(params string[] arguments) =>
        RunAnyAsync(Path.Combine(CloudletProgram.Repository, "build/package"), ["--fast", .. arguments]);

    /// <summary>Adds the packages of a version to the repository of the tests, made from the programs in a folder.</summary>
    public async Task<string> AddToRepositoryAsync(string version, string from)
    {
        if (!_hasKey)
            (await RunAnyAsync("gpg", ["--batch", "--passphrase", "", "--quick-generate-key", Key, "rsa2048"])).ShouldExitWith(0);
        _hasKey = true;
        string[] programs = ["--only", "deb", "--version", version, "--from", from];
        await RunAsync($"output-{version}", [.. programs, "--repository", this["apt"], "--key", Key]);
        return this["apt"];
    }

    /// <summary>A folder like artifacts, with other programs: they do the same, and are not the same bytes.</summary>
    public string OtherPrograms()
    {
        var artifacts = Path.Combine(CloudletProgram.Repository, "artifacts");
        foreach (var program in (string[])["publish/cloudlet", "provider/pulumi-resource-cloudlet"])
        {
            var copy = this[$"other/{program}"];
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(artifacts, program), copy);
            // Nothing reads what follows the last section of a program.
            File.AppendAllText(copy, "another version");
        }

        return this["other"];
    }

    public void Dispose()
    {
        if (_hasKey)
            RunAnyAsync("gpgconf", ["--kill", "gpg-agent"]).GetAwaiter().GetResult();
        _folder.Dispose();
    }

    private Task<ProgramRun> RunAnyAsync(string program, IReadOnlyList<string> arguments)
    {
        var home = Directory.CreateDirectory(_folder["gnupg"]);
        home.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        return CloudletProgram.RunAnyAsync("env", [$"GNUPGHOME={home.FullName}", program, .. arguments]);
    }
}
