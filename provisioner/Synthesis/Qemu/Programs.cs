using CliWrap;
using CliWrap.Buffered;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>A program of the distribution that the runtime calls.</summary>
/// <param name="Name">Its name on PATH.</param>
/// <param name="Package">The Debian package that ships it.</param>
/// <param name="Why">What it is needed for, as message.</param>
public sealed record RuntimeProgram(string Name, string Package, string Why)
{
    /// <summary>Runs virtual machines.</summary>
    public static RuntimeProgram Qemu { get; } = new("qemu-system-x86_64", "qemu-system-x86", "run virtual machines");

    /// <summary>Reads and makes disk images.</summary>
    public static RuntimeProgram QemuImg { get; } = new("qemu-img", "qemu-utils", "read and make disk images");

    /// <summary>Starts QEMU as a user without privileges.</summary>
    public static RuntimeProgram Setpriv { get; } = new("setpriv", "util-linux", "run QEMU without privileges");

    /// <summary>Limits the resources of a program.</summary>
    public static RuntimeProgram Prlimit { get; } = new("prlimit", "util-linux", "limit the resources of QEMU's programs");

    /// <summary>Starts QEMU in a new session.</summary>
    public static RuntimeProgram Setsid { get; } = new("setsid", "util-linux", "run QEMU in a new session");

    /// <summary>All programs.</summary>
    public static IReadOnlyList<RuntimeProgram> All { get; } = [Qemu, QemuImg, Setpriv, Prlimit, Setsid];

    /// <summary>Absolute path; NotFound, with what to install, when it is missing.</summary>
    public string Find() =>
        ProgramSearch.Find(Name, ProgramSearch.SystemFolders)
        ?? throw new CloudletException(
            ErrorKind.NotFound,
            $"the program {Name} is not installed here; it is needed to {Why}. Install it with: apt-get install {Package}"
        );

    /// <summary>
    /// Runs a command and waits for it. Timeout after <paramref name="limit"/>; it is killed then, and when <paramref name="ct"/> is
    /// cancelled.
    /// </summary>
    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        IReadOnlyList<string> command,
        string folder,
        TimeSpan limit,
        CancellationToken ct,
        string? input = null
    )
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limit);
        try
        {
            var result = await CliWrap
                .Cli.Wrap(command[0])
                .WithArguments(command.Skip(1))
                .WithWorkingDirectory(folder)
                .WithEnvironmentVariables(new Dictionary<string, string?> { ["LC_ALL"] = "C", ["LANGUAGE"] = null })
                .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input))
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(timeout.Token);
            return (result.ExitCode, result.StandardOutput, result.StandardError);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"'{string.Join(' ', command)}' did not end within {limit.TotalSeconds:0.#} s and was killed"
            );
        }
    }
}
