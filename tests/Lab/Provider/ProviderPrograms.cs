using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Provider;

/// <summary>Programs for the provider's tests: the published provider, our Pulumi program, and scripts that use Pulumi's stubs.</summary>
internal static class ProviderPrograms
{
    private static readonly string Outside = Path.Combine(CloudletProgram.Repository, "tests/Outside");

    /// <summary>The published provider.</summary>
    public static string Provider { get; } = Path.Combine(CloudletProgram.Repository, "artifacts/provider/pulumi-resource-cloudlet");

    /// <summary>Our program, built with the tests.</summary>
    public static string Sites { get; } = Path.Combine(AppContext.BaseDirectory, "Cloudlet.Sites.dll");

    /// <summary>Skips the calling test where the published provider is missing, or the stubs are and cannot be installed.</summary>
    public static async Task RequireAsync()
    {
        Assert.SkipUnless(File.Exists(Provider), $"needs the published provider, but {Provider} does not exist: run build/publish");
        var stubs = await CloudletProgram.RunAnyAsync(Path.Combine(Outside, "stubs"), []);
        Assert.SkipUnless(stubs.ExitCode == 0, $"Pulumi's stubs are not installed: {stubs.Error.Trim()}");
    }

    /// <summary>Runs a script of tests/Outside.</summary>
    public static Task<ProgramRun> NodeAsync(string script, IReadOnlyList<string> arguments) =>
        CloudletProgram.RunAnyAsync(
            "env",
            [
                $"NODE_PATH={Path.Combine(CloudletProgram.Repository, "artifacts/outside/node_modules")}",
                "node",
                Path.Combine(Outside, script),
                .. arguments,
            ]
        );
}
