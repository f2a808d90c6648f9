using Cloudlet.Wire;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;

namespace Pulumi;

/// <summary>The engine's service that shows messages.</summary>
internal sealed class EngineClient(GrpcChannel channel)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Lock _order = new();
    private Task _last = Task.CompletedTask;

    /// <summary>True when an error was shown: then the program has failed, whatever else it does.</summary>
    public bool HasErrors { get; private set; }

    /// <summary>Shows a message, after all earlier ones.</summary>
    /// <exception cref="LogException">The engine cannot be reached.</exception>
    public Task LogAsync(LogSeverity severity, string message, Resource? resource = null, int streamId = 0, bool ephemeral = false)
    {
        HasErrors |= severity == LogSeverity.Error;
        lock (_order)
            return _last = SendAsync(_last, severity, message, resource, streamId, ephemeral);
    }

    private async Task SendAsync(Task before, LogSeverity severity, string message, Resource? resource, int streamId, bool ephemeral)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            var request = new LogRequest
            {
                Severity = severity,
                Message = message,
                Urn = await UrnOfAsync(resource),
                StreamId = streamId,
                Ephemeral = ephemeral,
            };
            await channel.CallAsync(EngineMethods.Log, request, Patience);
        }
        catch (GrpcException e)
        {
            throw new LogException(e);
        }
    }

    // A message about a resource that could not be declared is still worth showing.
    private static async Task<string> UrnOfAsync(Resource? resource)
    {
        if (resource?.Urn.DataTask is not { } urn)
            return "";
        await ((Task)urn).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return urn.IsCompletedSuccessfully ? (await urn).Value : "";
    }
}
