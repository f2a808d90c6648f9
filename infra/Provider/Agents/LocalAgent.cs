using System.Text;
using CliWrap;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Provider.Agents;

/// <summary>This machine, or a network namespace of it.</summary>
/// <param name="program">The file <c>cloudlet</c>.</param>
/// <param name="network">Name of the namespace; null: the machine.</param>
internal sealed class LocalAgent(string program, string? network) : IAgent
{
    /// <summary>A change under way is ended at a good place; a process that does not is killed after this time, which the journal allows for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        var words = new List<string>();
        using var input = new MemoryStream(request.ToBytes(), writable: false);
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
            throw new CloudletException(ErrorKind.ProcessFailed, $"{program} agent ended with {result.ExitCode}: {string.Join(" | ", words.TakeLast(5))}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
