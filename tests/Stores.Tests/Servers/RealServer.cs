using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Linux;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Stores.Tests.Servers;

/// <summary>Programs of a real server, with configuration and data in a folder of its own, ended by their ids at the end.</summary>
public abstract class RealServer : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);
    private readonly List<Process> _programs = [];
    private string _said = "";

    /// <summary>Why it can't be used; null: it runs.</summary>
    public string? Problem { get; private set; }

    /// <summary>Folder of configuration and data.</summary>
    protected TempDir Folder { get; } = new();

    public async ValueTask InitializeAsync()
    {
        if (Programs.FirstOrDefault(static p => ProgramSearch.Find(p, [.. ProgramSearch.SystemFolders]) is null) is { } missing)
            Problem = $"{missing} is not installed: apt-get install {Package}";
        else
            await StartAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            if (!program.HasExited)
                program.Kill(entireProcessTree: true);
            await program.WaitForExitAsync();
            program.Dispose();
        }

        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Programs that it needs.</summary>
    protected abstract IReadOnlyList<string> Programs { get; }

    /// <summary>Debian package of the programs.</summary>
    protected abstract string Package { get; }

    /// <summary>Writes the configuration, starts everything and waits until it answers.</summary>
    protected abstract Task StartAsync();

    /// <summary>Starts a program that keeps running.</summary>
    protected void Start(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(ProgramSearch.Find(name, [.. ProgramSearch.SystemFolders])!, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder.Path,
        };
        var program = Process.Start(start)!;
        program.OutputDataReceived += static (_, _) => { };
        program.ErrorDataReceived += (_, line) => _said = line.Data ?? _said;
        program.BeginOutputReadLine();
        program.BeginErrorReadLine();
        _programs.Add(program);
    }

    /// <summary>Runs a program to its end.</summary>
    protected async Task RunAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(ProgramSearch.Find(name, [.. ProgramSearch.SystemFolders])!, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder.Path,
        };
        using var program = Process.Start(start)!;
        var (output, errors) = (program.StandardOutput.ReadToEndAsync(), program.StandardError.ReadToEndAsync());
        await program.WaitForExitAsync();
        if (program.ExitCode != 0)
            throw new InvalidOperationException($"{name} exited with {program.ExitCode}: {await output}{await errors}");
    }

    /// <summary>Waits until a port accepts connections.</summary>
    protected async Task AnswersAsync(int port)
    {
        for (var watch = Stopwatch.StartNew(); ; )
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException e) when (watch.Elapsed < StartLimit)
            {
                if (_programs.Find(static p => p.HasExited) is { } ended)
                    throw new InvalidOperationException($"{ended.StartInfo.FileName} exited with {ended.ExitCode}: {_said}", e);
                await Task.Delay(50);
            }
    }

    /// <summary>A port that nothing listens on now.</summary>
    protected static int FreePort() => FakeCloud.FreePort();
}
