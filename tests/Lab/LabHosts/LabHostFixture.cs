using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Tests.LabHosts;

/// <summary>
/// One container for all tests of a class (IClassFixture) or collection. The first test that uses it creates it; every member skips the
/// calling test where containers can't be created. A test must leave the host running; its other changes are its own responsibility.
/// </summary>
public abstract class LabHostFixture : IAsyncLifetime
{
    private readonly LabBoot _boot;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private LabHost? _host;

    protected LabHostFixture(LabBoot boot)
    {
        _boot = boot;
        Store = LabTesting.NewStore();
        Lab = LabTesting.Open(Store);
    }

    /// <summary>Name of the host; also its host name.</summary>
    public string Name { get; } = "edge-1";

    /// <summary>The lab's store; <see cref="LabStore.SshConfigPath"/> is for <c>ssh -F</c>.</summary>
    public LabStore Store { get; }

    /// <summary>The lab, for operations without a shortcut here.</summary>
    public Lab.LabHosts Lab { get; }

    /// <summary>The running host; starts it if necessary.</summary>
    public async Task<LabHost> UpAsync()
    {
        LabTesting.RequireContainers();
        await _turn.WaitAsync();
        try
        {
            if (_host is null || Lab.Get(Name).State != LabHostState.Running)
            {
                var spec = new LabHostSpec(Name, LabHostKind.Container, _boot) { Packages = Packages, With = With };
                _host = (await Lab.UpAsync(spec, new Progress<string>(), CancellationToken.None)).Host;
            }

            return _host;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Extra Debian packages of the host; each set needs its own image.</summary>
    protected virtual IReadOnlyList<string> Packages => [];

    /// <summary>What the image of the host is prepared for.</summary>
    protected virtual LabFlavor With => LabFlavor.None;

    /// <summary>Runs a command in the host and returns its result, whatever the exit code.</summary>
    public async Task<ProcessResult> ExecAsync(params string[] command)
    {
        await UpAsync();
        return await Lab.ExecAsync(Name, command, CancellationToken.None);
    }

    /// <summary>Runs a command that must succeed and returns its output without the last line feed.</summary>
    public async Task<string> OutputOfAsync(params string[] command)
    {
        var result = await ExecAsync(command);
        result.ExitCode.ShouldBe(0, $"{string.Join(' ', command)}: {result.Error}");
        return result.Output.TrimEnd('\n');
    }

    /// <summary>Text of a file in the host, or null when it does not exist.</summary>
    public async Task<string?> ReadFileAsync(string path)
    {
        if ((await ExecAsync("test", "-e", path)).ExitCode != 0)
            return null;
        return (await ExecAsync("cat", path)).Output;
    }

    /// <summary>Writes a file in the host, and creates its folder.</summary>
    public async Task WriteFileAsync(string path, string text)
    {
        await UpAsync();
        var result = await Lab.ExecAsync(
            Name,
            ["sh", "-c", "mkdir -p \"$(dirname \"$1\")\" && cat >\"$1\"", "write", path],
            CancellationToken.None,
            input: text
        );
        result.ExitCode.ShouldBe(0, result.Error);
    }

    /// <summary>Reboots the host as a user would.</summary>
    public async Task<LabBootReport> RebootAsync()
    {
        await UpAsync();
        return await Lab.RebootAsync(Name, CancellationToken.None);
    }

    /// <summary>Kills the host while it runs and boots it again.</summary>
    public async Task<LabBootReport> PowerCutAsync()
    {
        await UpAsync();
        return await Lab.PowerCutAsync(Name, CancellationToken.None);
    }

    /// <summary>Runs a command through ssh, as the user of the lab would.</summary>
    public async Task<ProcessResult> SshAsync(string destination, string command)
    {
        await UpAsync();
        string[] arguments = ["-F", Store.SshConfigPath, destination, command];
        return await new HostProcesses().RunAsync(HelperPrograms.Ssh, arguments, TimeSpan.FromMinutes(1), CancellationToken.None);
    }

    /// <summary>Waits until <paramref name="condition"/> holds and fails after some minutes with <paramref name="what"/>.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, int minutes = 1)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > TimeSpan.FromMinutes(minutes))
                throw new CloudletException(ErrorKind.Timeout, $"after {minutes} min still not: {what}");
            await Task.Delay(50);
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await LabTesting.RemoveAsync(Store);
        _turn.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A host whose network is configured by systemd-networkd.</summary>
public sealed class NetworkdHost() : LabHostFixture(LabBoot.Networkd);

/// <summary>A host whose network is configured by ifupdown.</summary>
public sealed class IfupdownHost() : LabHostFixture(LabBoot.Ifupdown);
