using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Cloudlet.Outside.Tests;

/// <summary>Pulumi's own stubs for JavaScript, installed when the first test needs them.</summary>
internal static class Stubs
{
    private static readonly Lazy<Task<string?>> Installed = new(InstallAsync);

    /// <summary>The folder of this room.</summary>
    public static string Folder { get; } = Path.GetDirectoryName(Here())!;

    /// <summary>The repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Join(Folder, "../.."));

    /// <summary>Skips the test, with the reason, where the stubs are not available.</summary>
    public static async Task RequireAsync()
    {
        if (await Installed.Value is { } reason)
            Assert.Skip(reason);
    }

    /// <summary>Starts one of our scripts that use the stubs.</summary>
    public static Process StartNode(string script, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo("node")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Join(Folder, script));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["NODE_PATH"] = Path.Join(Repository, "artifacts/outside/node_modules");
        return Process.Start(start)!;
    }

    private static async Task<string?> InstallAsync()
    {
        using var install = Process.Start(
            new ProcessStartInfo(Path.Join(Folder, "stubs"))
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var output = install.StandardOutput.ReadToEndAsync();
        var error = await install.StandardError.ReadToEndAsync();
        await output;
        await install.WaitForExitAsync();
        return install.ExitCode == 0 ? null : $"Pulumi's stubs are not installed: {error.Trim().ReplaceLineEndings(" ")}";
    }

    private static string Here([CallerFilePath] string file = "") => file;
}
