using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Machine.Programs;

namespace Cloudlet.Cli.Hosts;

/// <summary>This machine, or a network namespace of it: the engine runs in this process.</summary>
/// <param name="open">Opens the host for a request; it is disposed after that.</param>
/// <param name="carried">The program of the cloudlet service, for a machine that has one; null: none is installed.</param>
internal sealed class MachineSession(Func<AgentRequest, HostServices> open, CarriedProgram? carried = null) : IAgent
{
    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        if (carried?.NeededBy(request) is var (path, digest))
            Store(path, digest);
        var described = carried?.Describe(request) ?? request;
        using var parts = open(described);
        await HostRunner.RunAsync(described, parts, events, ct);
    }

    private static void Store(string path, string digest)
    {
        try
        {
            ProgramShelf.Store(path, digest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"can't copy {path} to {ProgramShelf.Folder}: {e.Message}; an apply needs root, and free space there",
                e
            );
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
