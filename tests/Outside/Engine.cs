using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudlet.Outside.Tests;

/// <summary>The result of a program.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
/// <param name="Calls">Its calls to the engine, in order.</param>
/// <param name="Time">How long it ran.</param>
internal sealed record Ran(int ExitCode, string Output, string Error, IReadOnlyList<JsonObject> Calls, TimeSpan Time)
{
    public IEnumerable<string> Methods => Calls.Select(static c => c["method"]!.GetValue<string>());

    public JsonObject Resource(string name) =>
        Calls.Single(c => c["method"]!.GetValue<string>() == "RegisterResource" && c["name"]!.GetValue<string>() == name);

    public JsonObject StackOutputs =>
        Calls.Single(static c =>
            c["method"]!.GetValue<string>() == "RegisterResourceOutputs" && c["urn"]!.GetValue<string>().Contains("pulumi:pulumi:Stack")
        )["outputs"]!.AsObject();

    /// <summary>The errors shown to the user.</summary>
    public string Errors =>
        string.Join(
            '\n',
            Calls
                .Where(static c => c["method"]!.GetValue<string>() == "Log" && c["severity"]!.GetValue<int>() == 3)
                .Select(static c => c["message"]!.GetValue<string>())
        );

    public override string ToString() =>
        $"exit {ExitCode}\n{Output}\n{Error}\n{string.Join('\n', Calls.Select(static c => c.ToJsonString()))}";
}

/// <summary>Runs a program as Pulumi's language host runs it, against an engine on Pulumi's own stubs.</summary>
internal static class Engine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Runs a program.</summary>
    /// <param name="program">Its assembly.</param>
    /// <param name="told">Instructions for the engine (engine.js).</param>
    /// <param name="config">Configuration by full key.</param>
    /// <param name="project">Name of the project.</param>
    public static async Task<Ran> RunAsync(string program, object told, Dictionary<string, string> config, string project = "proj")
    {
        await Stubs.RequireAsync();
        using var limit = new CancellationTokenSource(Patience);
        using var engine = Stubs.StartNode("engine.js", JsonSerializer.Serialize(told));
        try
        {
            var errors = engine.StandardError.ReadToEndAsync(limit.Token);
            var port = await engine.StandardOutput.ReadLineAsync(limit.Token) ?? throw new InvalidOperationException(await errors);
            var calls = engine.StandardOutput.ReadToEndAsync(limit.Token);
            var isPreview = JsonSerializer.SerializeToElement(told).TryGetProperty("preview", out var preview) && preview.GetBoolean();
            var (ran, time) = await RunProgramAsync(program, $"127.0.0.1:{port}", config, project, isPreview, limit.Token);
            engine.StandardInput.Close();
            await engine.WaitForExitAsync(limit.Token);
            return new Ran(
                ran.ExitCode,
                ran.Output,
                ran.Error,
                [.. (await calls).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => JsonNode.Parse(l)!.AsObject())],
                time
            );
        }
        finally
        {
            if (!engine.HasExited)
                engine.Kill();
        }
    }

    /// <summary>Runs a program without an engine.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAloneAsync(string program)
    {
        using var limit = new CancellationTokenSource(Patience);
        return await FinishAsync(StartOf(program), limit.Token);
    }

    private static async Task<((int ExitCode, string Output, string Error) Ran, TimeSpan Time)> RunProgramAsync(
        string program,
        string address,
        Dictionary<string, string> config,
        string project,
        bool isPreview,
        CancellationToken ct
    )
    {
        var start = StartOf(program);
        foreach (
            var (name, value) in new Dictionary<string, string>
            {
                ["PULUMI_MONITOR"] = address,
                ["PULUMI_ENGINE"] = address,
                ["PULUMI_ORGANIZATION"] = "org",
                ["PULUMI_PROJECT"] = project,
                ["PULUMI_STACK"] = "dev",
                ["PULUMI_DRY_RUN"] = isPreview ? "true" : "false",
                ["PULUMI_QUERY_MODE"] = "false",
                ["PULUMI_PARALLEL"] = "16",
                ["PULUMI_CONFIG"] = JsonSerializer.Serialize(config),
                ["PULUMI_CONFIG_SECRET_KEYS"] = "[]",
            }
        )
        {
            start.Environment[name] = value;
        }

        var clock = Stopwatch.StartNew();
        var ran = await FinishAsync(start, ct);
        return (ran, clock.Elapsed);
    }

    private static ProcessStartInfo StartOf(string program) =>
        new("dotnet", [Path.Join(AppContext.BaseDirectory, program)])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.Join(Stubs.Repository, "infra/Sites"),
        };

    private static async Task<(int ExitCode, string Output, string Error)> FinishAsync(ProcessStartInfo start, CancellationToken ct)
    {
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var error = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
