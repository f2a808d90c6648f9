using System.ComponentModel;
using System.Text;
using CliWrap;
using CliWrap.Exceptions;
using Cloudlet.DesiredState.Kinds.Secrets;

namespace Cloudlet.Agent.Secrets;

/// <summary>
/// Runs a program of the operator's machine that prints a secret: without a shell, without input, with bounds on its time and output. Its
/// standard output is never in a message.
/// </summary>
internal static class SecretProgram
{
    private const int MostErrorBytes = 4096;
    private const int MostErrorLines = 3;

    /// <summary>Runs the program.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="folder">Working directory.</param>
    /// <param name="limit">How long it may run.</param>
    /// <param name="ct">Stops it early.</param>
    public static async Task<SecretAnswer> RunAsync(IReadOnlyList<string> command, string folder, TimeSpan limit, CancellationToken ct)
    {
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(limit);
        try
        {
            var result = await Cli.Wrap(command[0])
                .WithArguments(command.Skip(1))
                .WithWorkingDirectory(folder)
                .WithValidation(CommandResultValidation.None)
                .WithStandardInputPipe(PipeSource.Null)
                .WithStandardOutputPipe(PipeTarget.Create((source, token) => ReadAsync(source, output, stop, token)))
                .WithStandardErrorPipe(PipeTarget.Create((source, token) => ReadEndAsync(source, errors, token)))
                .ExecuteAsync(stop.Token);
            return result.ExitCode == 0
                ? Answer(command, output)
                : SecretAnswer.Missing($"{command[0]} failed with exit status {result.ExitCode}{LastLines(errors, output)}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return SecretAnswer.Missing(
                output.Length > SecretText.LongestValue + 2
                    ? $"{command[0]} was stopped: the value is longer than {SecretText.LongestValue} bytes"
                    : $"{command[0]} did not end within {limit.TotalSeconds:0.#} s and was stopped{LastLines(errors, output)}"
            );
        }
        catch (Exception e) when (e is Win32Exception or CliWrapException or IOException)
        {
            return SecretAnswer.Missing($"{command[0]} cannot be run: {(e.InnerException ?? e).Message}");
        }
    }

    private static SecretAnswer Answer(IReadOnlyList<string> command, MemoryStream output)
    {
        var value = SecretText.Of(output.GetBuffer().AsSpan(0, (int)output.Length), out var problem);
        return problem is null ? new SecretAnswer(value, null) : SecretAnswer.Missing($"{command[0]} printed no value: {problem}");
    }

    /// <summary>Reads the output, and stops the program when it is longer than any value.</summary>
    private static async Task ReadAsync(Stream source, MemoryStream output, CancellationTokenSource stop, CancellationToken ct)
    {
        var buffer = new byte[4096];
        for (var read = await source.ReadAsync(buffer, ct); read > 0; read = await source.ReadAsync(buffer, ct))
        {
            output.Write(buffer, 0, read);
            if (output.Length > SecretText.LongestValue + 2)
                await stop.CancelAsync();
        }
    }

    /// <summary>Keeps the end of what the program reports.</summary>
    private static async Task ReadEndAsync(Stream source, MemoryStream errors, CancellationToken ct)
    {
        var buffer = new byte[MostErrorBytes];
        for (var read = await source.ReadAsync(buffer, ct); read > 0; read = await source.ReadAsync(buffer, ct))
        {
            byte[] all = [.. errors.ToArray(), .. buffer.AsSpan(0, read)];
            errors.SetLength(0);
            errors.Write(all.AsSpan(Math.Max(0, all.Length - MostErrorBytes)));
        }
    }

    /// <summary>The last lines of standard error; a line that repeats a part of the output is left out.</summary>
    private static string LastLines(MemoryStream errors, MemoryStream output)
    {
        var printed = LinesOf(output);
        var lines = LinesOf(errors).Where(line => !printed.Any(p => line.Contains(p, StringComparison.Ordinal))).TakeLast(MostErrorLines);
        var text = new string([.. string.Join("; ", lines).Select(static c => char.IsControl(c) ? '?' : c)]);
        return text.Length == 0 ? "" : $": {text}";
    }

    private static string[] LinesOf(MemoryStream text) =>
        Encoding
            .UTF8.GetString(text.GetBuffer(), 0, (int)text.Length)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
