using System.ComponentModel;
using System.Text;
using CliWrap;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Processes;

/// <summary>
/// The program that this process runs, read through the kernel's link to it, which works even after its file was deleted or replaced.
/// </summary>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Modified">When its content was written.</param>
/// <param name="Read">Reads it.</param>
public sealed record OwnProgram(long Length, DateTimeOffset Modified, Func<byte[]> Read)
{
    private const string Link = "/proc/self/exe";

    /// <summary>The program of this process. IoError when /proc is not mounted.</summary>
    public static OwnProgram OfThisProcess()
    {
        try
        {
            using var file = File.OpenHandle(Link);
            return new OwnProgram(
                RandomAccess.GetLength(file),
                new DateTimeOffset(File.GetLastWriteTimeUtc(file)),
                static () => File.ReadAllBytes(Link)
            );
        }
        catch (IOException e)
        {
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"This program cannot read itself at {Link} ({e.Message}); is /proc mounted?",
                e
            );
        }
    }
}

/// <summary>Checks whether a file is a version of this program that runs here.</summary>
public static class ProgramProbe
{
    private const int LongestAnswer = 4096;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <inheritdoc cref="ProgramSearch.IsExecutable"/>
    public static bool IsExecutable(string path) => ProgramSearch.IsExecutable(path);

    /// <summary>
    /// Runs <c>PATH --version</c>. True when it succeeds within a few seconds and prints a version, as every version of this program does.
    /// </summary>
    public static async Task<bool> RunsAsync(string path, CancellationToken ct)
    {
        if (!IsExecutable(path))
            return false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Limit);
        var output = new StringBuilder();
        try
        {
            var result = await Cli.Wrap(path)
                .WithArguments(["--version"])
                .WithValidation(CommandResultValidation.None)
                .WithEnvironmentVariables(
                    new Dictionary<string, string?>(StringComparer.Ordinal)
                    {
                        ["NOTIFY_SOCKET"] = null,
                        ["WATCHDOG_USEC"] = null,
                        ["WATCHDOG_PID"] = null,
                    }
                )
                .WithStandardOutputPipe(PipeTarget.ToDelegate(line => output.Append(output.Length < LongestAnswer ? line : "")))
                .WithStandardErrorPipe(PipeTarget.ToStream(Stream.Null))
                .ExecuteAsync(limit.Token);
            return result.ExitCode == 0 && Version.TryParse(output.ToString().Split('-', '+')[0].Trim(), out _);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e) when (e is Win32Exception or IOException or TimeoutException)
        {
            return false;
        }
    }
}
