using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Cloudlet.TestKit;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>The published program, run as a user runs it.</summary>
public static class CloudletProgram
{
    /// <summary>
    /// Longest run of a test. The slowest is the first apply to a guest without hardware virtualization on a busy machine.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Root of the repository.</summary>
    public static string Repository => RepositoryFolder.Path;

    /// <summary>
    /// The single file that <c>build/publish</c> makes. Without it, skips the calling test, or fails where CI requires it.
    /// </summary>
    public static string Path
    {
        get
        {
            var path = Environment.GetEnvironmentVariable("CLOUDLET_PROGRAM") is { Length: > 0 } named
                ? named
                : System.IO.Path.Combine(Repository, "artifacts/publish/cloudlet");
            if (File.Exists(path))
                return path;
            var advice = $"needs the published program, but {path} does not exist: run build/publish, or set CLOUDLET_PROGRAM";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", advice);
            Assert.Fail(advice);
            return path;
        }
    }

    /// <summary>Runs the program and returns its result, whatever the exit code.</summary>
    public static Task<ProgramRun> RunAsync(params IReadOnlyList<string> arguments) => RunAnyAsync(Path, arguments);

    /// <summary>Runs any program of this machine and returns its result, whatever the exit code.</summary>
    public static async Task<ProgramRun> RunAnyAsync(string program, IReadOnlyList<string> arguments)
    {
        using var limit = new CancellationTokenSource(Limit);
        var result = await CliWrap
            .Cli.Wrap(program)
            .WithArguments(arguments)
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
        return new ProgramRun(result.ExitCode, result.StandardOutput, result.StandardError);
    }
}

/// <summary>Result of a run of the program.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    /// <summary>The events of a run with <c>--json</c>.</summary>
    public IReadOnlyList<JsonElement> Events =>
        field ??= [
            .. Output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(l => l[0] == '{')
                .Select(l => JsonSerializer.Deserialize<JsonElement>(l)),
        ];

    /// <summary>The events with a name.</summary>
    public IReadOnlyList<JsonElement> Named(string name) => [.. Events.Where(e => e.GetProperty("event").GetString() == name)];

    /// <summary>Result of the only host, once it has finished.</summary>
    public string? Result => Named("finished") is [var only] ? only.GetProperty("result").GetString() : null;

    /// <summary>Verify's findings: <c>id path</c>, one per property; <c>id action</c> for a resource without any.</summary>
    public IReadOnlyList<string> Drift =>
        [
            .. Named("verified")
                .SelectMany(e => e.GetProperty("drift").EnumerateArray())
                .SelectMany(change =>
                {
                    var id = change.GetProperty("id").GetString();
                    var paths = change
                        .GetProperty("properties")
                        .EnumerateArray()
                        .Select(p => $"{id} {p.GetProperty("path").GetString()}")
                        .ToList();
                    return paths.Count > 0 ? paths : [$"{id} {change.GetProperty("action").GetString()}"];
                }),
        ];

    /// <summary>Fails with all output unless the exit status is the expected one.</summary>
    public ProgramRun ShouldExitWith(int status)
    {
        ExitCode.ShouldBe(status, $"{Output}\n{Error}");
        return this;
    }
}
