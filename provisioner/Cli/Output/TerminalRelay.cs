using System.Diagnostics;

namespace Cloudlet.Cli.Output;

/// <summary>Connects this terminal with a serial port, until Ctrl-] or the other end disconnects.</summary>
internal sealed class TerminalRelay(TextWriter errors)
{
    private const byte Leave = 0x1d; // Ctrl-], as telnet has it

    /// <summary>Relays until either side ends.</summary>
    /// <param name="serial">The serial port; closed at the end.</param>
    /// <param name="ct">Disconnects.</param>
    public async Task RunAsync(Stream serial, CancellationToken ct)
    {
        await using var port = serial;
        var settings = Console.IsInputRedirected ? null : await SttyAsync("-g");
        if (settings is not null)
            await errors.WriteLineAsync("connected; Ctrl-] leaves");
        try
        {
            if (settings is not null)
                await SttyAsync("raw -echo");
            await using var input = Console.OpenStandardInput();
            await using var output = Console.OpenStandardOutput();
            var reading = port.CopyToAsync(output, ct);
            var writing = Task.Run(() => SendAsync(input, port, ct), CancellationToken.None);
            if (await Task.WhenAny(reading, writing) == reading || (!await writing && Console.IsInputRedirected))
                await reading; // the guest may still send output after the end of a script
        }
        catch (IOException)
        {
            // The VM has ended.
        }
        finally
        {
            if (settings is not null)
                await SttyAsync(settings);
        }
    }

    /// <summary>Sends the input; true when Ctrl-] ended it, false at its end.</summary>
    private static async Task<bool> SendAsync(Stream input, Stream port, CancellationToken ct)
    {
        var buffer = new byte[256];
        while (await input.ReadAsync(buffer, ct) is > 0 and var read)
        {
            var end = buffer.AsSpan(0, read).IndexOf(Leave);
            await port.WriteAsync(buffer.AsMemory(0, end < 0 ? read : end), ct);
            if (end >= 0)
                return true;
        }

        return false;
    }

    /// <summary>Runs stty(1) of coreutils, which acts on the terminal of its standard input, which is ours.</summary>
    private static async Task<string?> SttyAsync(string arguments)
    {
        using var stty = Process.Start(new ProcessStartInfo("stty", arguments) { RedirectStandardOutput = true, UseShellExecute = false });
        if (stty is null)
            return null;
        var printed = await stty.StandardOutput.ReadToEndAsync();
        await stty.WaitForExitAsync();
        return stty.ExitCode == 0 ? printed.Trim() : null;
    }
}
