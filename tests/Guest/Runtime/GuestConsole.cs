using System.Diagnostics;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary><c>cloudlet vm console</c>, used like a person who logs in and types.</summary>
internal sealed class GuestConsole : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _program;
    private readonly StringBuilder _said = new();
    private readonly Task _reading;

    private GuestConsole(Process program)
    {
        _program = program;
        _reading = ReadAsync();
    }

    /// <summary>Connects, and logs in as root unless that was done.</summary>
    public static async Task<GuestConsole> OpenAsync(RuntimeStoreFolder store, string vm)
    {
        var program = Process.Start(
            new ProcessStartInfo(CloudletProgram.Path, ["vm", "console", vm, "--store", store.Path])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        var console = new GuestConsole(program);
        await console.TypeAsync("");
        if (await console.SaysAsync("login: ", "# ") == 0)
        {
            await console.TypeAsync("root");
            await console.SaysAsync("# ");
        }

        return console;
    }

    /// <summary>Runs a shell command line and returns what it printed.</summary>
    public async Task<string> RunAsync(string command)
    {
        lock (_said)
            _said.Clear();

        // The terminal echoes what is typed: only the shell's output contains the marks in one piece.
        await TypeAsync($"stty cols 500; echo 'begin''s'; {command}; echo 'end''s'");
        await SaysAsync("ends\r\n");
        lock (_said)
        {
            var all = _said.ToString();
            var start = all.IndexOf("begins\r\n", StringComparison.Ordinal) + "begins\r\n".Length;
            return all[start..all.LastIndexOf("ends\r\n", StringComparison.Ordinal)].Trim();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _program.Kill();
        await _program.WaitForExitAsync();
        await _reading;
        _program.Dispose();
    }

    private async Task TypeAsync(string line)
    {
        await _program.StandardInput.WriteAsync($"{line}\n");
        await _program.StandardInput.FlushAsync();
    }

    /// <summary>Waits for one of the texts; returns its index.</summary>
    private async Task<int> SaysAsync(params string[] texts)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < Patience; await Task.Delay(50))
            lock (_said)
                if (Array.FindIndex(texts, t => _said.ToString().Contains(t, StringComparison.Ordinal)) is >= 0 and var which)
                    return which;
        throw new CloudletException(ErrorKind.Timeout, $"the console did not print {string.Join(" or ", texts)}; it printed: {_said}");
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        while (await _program.StandardOutput.ReadAsync(buffer) is > 0 and var read)
            lock (_said)
                _said.Append(buffer, 0, read);
    }
}
