using System.Text;
using CliWrap;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Machine.Programs;

namespace Cloudlet.Agent;

/// <summary>This machine, or a network namespace on it: the engine runs in an agent that is a child of this process.</summary>
/// <param name="program">Path of the <c>cloudlet</c> executable.</param>
/// <param name="network">Name of the namespace; null: the machine itself.</param>
public sealed class ProcessAgent(string program, string? network) : IAgent
{
    /// <summary>
    /// Time for a process to stop at a safe point after a cancellation; then it is killed, and the journal makes that safe.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The program of the cloudlet service, for a machine that has one; null: none is installed.</summary>
    public CarriedProgram? Carried { get; init; }

    /// <inheritdoc/>
    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        var words = new List<string>();
        if (Carried?.NeededBy(request) is var (path, digest))
            ProgramShelf.Store(path, digest);
        using var input = new MemoryStream((Carried?.Describe(request) ?? request).ToBytes(), writable: false);
        using var kill = new CancellationTokenSource();
        await using var killLater = ct.Register(() => kill.CancelAfter(Patience));
        var result = await Cli.Wrap(program)
            .WithArguments(network is null ? ["agent"] : ["agent", "--in-namespace", network])
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.FromStream(input))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(EventLines.To(events, "the agent"), Encoding.UTF8))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(words.Add, Encoding.UTF8))
            .ExecuteAsync(kill.Token, ct);
        if (result.ExitCode != 0)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"{program} agent exited with {result.ExitCode}: {string.Join(" | ", words.TakeLast(5))}"
            );
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
