using System.Diagnostics;
using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>A cloudlet service in a process of its own, and users of it, each with a login of his own.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly TempDir _folder = new();
    private readonly int _port = Cloudlet.TestKit.Cloud.FakeCloud.FreePort();
    private Process? _process;
    private string _log = "";

    /// <summary>Its HTTPS address.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Fingerprint of its authority.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>Its state.</summary>
    public string State => _folder["state"];

    /// <summary>Its unix socket.</summary>
    public string Socket => $"unix:{_folder["run/api.sock"]}";

    public string this[string name] => _folder[name];

    /// <summary>Starts it, also again after <see cref="KillAsync"/>.</summary>
    public async Task StartAsync()
    {
        var program = Path.Combine(CloudletProgram.Repository, "provisioner/Service/bin/Release/net10.0/cloudlet-service.dll");
        Assert.SkipUnless(File.Exists(program), $"there is no {program}: build the solution first");
        var settings = $$"""{"state":"{{State}}","socket":"{{_folder["run/api.sock"]}}","listen":["https://127.0.0.1:{{_port}}"]}""";
        _folder.Write("service.json", settings);
        _process = Process.Start(
            new ProcessStartInfo("dotnet", [program, "--config", _folder["service.json"]])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            }
        )!;
        var ready = new TaskCompletionSource();
        _log = "";
        _process.OutputDataReceived += (_, line) => Read(line.Data, ready);
        _process.ErrorDataReceived += (_, line) => Read(line.Data, ready);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ready.Task.WaitAsync(StartLimit);
    }

    /// <summary>Ends it as a crash does.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Makes an account, and logs a user in with it.</summary>
    public async Task<ServiceUser> UserAsync(string name)
    {
        var token = _folder[$"{name}.token"];
        var added = await CloudletProgram.RunAsync("account", "add", name, "--service", Socket);
        await File.WriteAllTextAsync(token, added.ShouldExitWith(0).Output);
        var user = new ServiceUser(Directory.CreateDirectory(_folder[$"{name}.home"]).FullName);
        (await user.RunAsync("login", Url, "--fingerprint", Fingerprint, "--token-file", token)).ShouldExitWith(0);
        return user;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            await StartAsync();
        foreach (var vm in (await CloudletProgram.RunAsync("vm", "list", "--json", "--service", Socket)).Events)
            await CloudletProgram.RunAsync("vm", "stop", vm.GetProperty("id").GetString()!, "--force", "--remove", "--service", Socket);
        await KillAsync();
        _folder.Dispose();
    }

    private void Read(string? line, TaskCompletionSource ready)
    {
        if (line is null)
        {
            ready.TrySetException(new InvalidOperationException($"the service did not start: {_log}"));
            return;
        }

        _log += $"{line}\n";
        if (line.StartsWith("listening on", StringComparison.Ordinal))
            Url = line.Split(' ')[^1];
        if (line.StartsWith("own certificate authority", StringComparison.Ordinal))
        {
            Fingerprint = line.Split(' ')[^1];
            ready.TrySetResult();
        }
    }
}

/// <summary>A user of a service, with a folder for his login.</summary>
/// <param name="home">The folder.</param>
internal sealed class ServiceUser(string home)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>Runs <c>cloudlet</c> as he does after a login.</summary>
    public async Task<ProgramRun> RunAsync(params IReadOnlyList<string> arguments)
    {
        using var limit = new CancellationTokenSource(Limit);
        var result = await CliWrap
            .Cli.Wrap(CloudletProgram.Path)
            .WithArguments(arguments)
            .WithEnvironmentVariables(e => e.Set("XDG_CONFIG_HOME", home))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
        return new ProgramRun(result.ExitCode, result.StandardOutput, result.StandardError);
    }

    /// <summary>Runs it with <c>--json</c> and returns the one line of output.</summary>
    public async Task<JsonElement> AskAsync(params IReadOnlyList<string> arguments) =>
        (await RunAsync([.. arguments, "--json"])).ShouldExitWith(0).Events.ShouldHaveSingleItem();

    /// <summary>Starts it, to be killed by the caller.</summary>
    public Process Start(params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(CloudletProgram.Path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment["XDG_CONFIG_HOME"] = home;
        return Process.Start(start)!;
    }
}
