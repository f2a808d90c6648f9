using System.Threading.Channels;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;

namespace Cloudlet.Provider.Serving;

/// <summary>Tells the user through the engine, in order, without ever holding up the work: an engine that is slow or gone loses messages, not hosts.</summary>
internal sealed class EngineLog : IAsyncDisposable
{
    private const int Longest = 8000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Channel<LogRequest> queue;
    private readonly Task sending;
    private volatile GrpcChannel? engine;
    private int unsent;

    public EngineLog()
    {
        queue = Channel.CreateBounded<LogRequest>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Interlocked.Decrement(ref unsent));
        sending = SendAsync();
    }

    /// <summary>Where the engine is; null until it has said so.</summary>
    public string? Address => engine?.Address;

    /// <summary>From now on, the engine is there.</summary>
    /// <param name="address">host:port.</param>
    public void Connect(string address)
    {
        if (address.Length > 0 && address != engine?.Address)
            Interlocked.Exchange(ref engine, new GrpcChannel(address))?.Dispose();
    }

    /// <summary>Says something about a resource.</summary>
    public void Tell(string urn, Progress progress)
    {
        Interlocked.Increment(ref unsent);
        var message = new LogRequest
        {
            Urn = urn,
            Severity = progress.Weight == Weight.Warning ? LogSeverity.Warning : LogSeverity.Info,
            Message = progress.Text.Length > Longest ? progress.Text[..Longest] + "…" : progress.Text,
            Ephemeral = progress.Weight == Weight.Passing,
        };
        if (!queue.Writer.TryWrite(message))
            Interlocked.Decrement(ref unsent);
    }

    /// <summary>Waits until what was said before is sent, for a short time: an answer should not overtake what was said about it.</summary>
    public async Task FlushAsync()
    {
        var waited = TimeSpan.Zero;
        for (var pause = TimeSpan.FromMilliseconds(5); Volatile.Read(ref unsent) > 0 && engine is not null && waited < Patience; waited += pause)
            await Task.Delay(pause);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await Task.WhenAny(sending, Task.Delay(Patience));
        engine?.Dispose();
    }

    private async Task SendAsync()
    {
        await foreach (var message in queue.Reader.ReadAllAsync())
        {
            try
            {
                if (engine is { } there)
                    await there.CallAsync(EngineMethods.Log, message, Patience);
            }
            catch (Exception e) when (e is GrpcException or ObjectDisposedException or OperationCanceledException)
            {
                // There is nobody else to tell.
            }
            finally
            {
                Interlocked.Decrement(ref unsent);
            }
        }
    }
}
