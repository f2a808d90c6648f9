using System.ComponentModel;
using System.Text;
using CliWrap;

namespace Cloudlet.Healthd.Report.Hooks;

/// <summary>The program that is run for every alarm that is raised or cleared.</summary>
/// <param name="command">Program and arguments; run without a shell.</param>
/// <param name="limit">How long it may run.</param>
/// <param name="clock">Measures that.</param>
/// <param name="note">Receives its output and errors.</param>
internal sealed class AlarmProgram(IReadOnlyList<string> command, TimeSpan limit, TimeProvider clock, Action<string> note)
{
    /// <summary>Bytes of output that are kept.</summary>
    private const int LongestOutput = 2048;

    public async Task RunAsync(Alarm alarm, CancellationToken ct)
    {
        using var output = new MemoryStream();
        using var time = new CancellationTokenSource(limit, clock);
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(time.Token, ct);
        try
        {
            var result = await Command(alarm, output).ExecuteAsync(kill.Token);
            if (result.ExitCode != 0)
                note($"the alarm hook {command[0]} failed with exit code {result.ExitCode}{Said(output)}");
            else if (output.Length > 0)
                note($"the alarm hook {command[0]}{Said(output)}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            note($"the alarm hook {command[0]} did not end within {limit.TotalSeconds:0.#} s and was killed{Said(output)}");
        }
        catch (Exception e) when (e is Win32Exception or IOException or TimeoutException or InvalidOperationException)
        {
            note($"the alarm hook {command[0]} could not be run: {e.Message}");
        }
    }

    private Command Command(Alarm alarm, MemoryStream output) =>
        Cli.Wrap(command[0])
            .WithArguments(command.Skip(1))
            .WithValidation(CommandResultValidation.None)
            .WithEnvironmentVariables(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["CLOUDLET_ALARM"] = AlarmText.Of(alarm.Kind),
                    ["CLOUDLET_SUBJECT"] = alarm.Subject,
                    ["CLOUDLET_STATE"] = alarm.Cleared is null ? "raised" : "cleared",
                    // systemd waits for messages from the daemon, not from a hook that may be gone when systemd looks up the sender.
                    ["NOTIFY_SOCKET"] = null,
                    ["WATCHDOG_USEC"] = null,
                    ["WATCHDOG_PID"] = null,
                }
            )
            .WithStandardInputPipe(PipeSource.FromBytes([.. ReportJson.Line(alarm), (byte)'\n']))
            .WithStandardOutputPipe(Beginning(output))
            .WithStandardErrorPipe(Beginning(output));

    /// <summary>Reads all output, so that a full pipe does not block the program; keeps the first bytes.</summary>
    private static PipeTarget Beginning(MemoryStream kept) =>
        PipeTarget.Create(
            async (origin, ct) =>
            {
                var buffer = new byte[4096];
                int count;
                while ((count = await origin.ReadAsync(buffer, ct)) > 0)
                {
                    lock (kept)
                        kept.Write(buffer, 0, Math.Min(count, LongestOutput - (int)kept.Length));
                }
            }
        );

    private static string Said(MemoryStream output)
    {
        lock (output)
        {
            var text = Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length).Trim();
            return text.Length == 0 ? "" : $"; output: {text}{(output.Length == LongestOutput ? "…" : "")}";
        }
    }
}
