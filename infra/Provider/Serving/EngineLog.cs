using System.Threading.Channels;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;

namespace Cloudlet.Provider.Serving;

/// <summary>
/// Sends messages to the user through the engine, in order, without blocking: a slow or dead engine loses messages, not hosts.
/// </summary>
internal sealed class EngineLog : IAsyncDisposable
{
    private const int Longest = 8000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Channel<LogRequest> _queue;
    private readonly Task _sending;
    private volatile GrpcChannel? _engine;
    private int _unsent;

    public EngineLog()
    {
        _queue = Channel.CreateBounded<LogRequest>(
            new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Decrement(ref _unsent)
        );
        _sending = SendAsync();
    }

    /// <summary>Address of the engine; null until it is known.</summary>
    public string? Address => _engine?.Address;

    /// <summary>Connects to the engine.</summary>
    /// <param name="address">host:port.</param>
    public void Connect(string address)
    {
        if (address.Length > 0 && address != _engine?.Address)
            Interlocked.Exchange(ref _engine, new GrpcChannel(address))?.Dispose();
    }

    /// <summary>Sends a message about a resource.</summary>
    public void Tell(string urn, Progress progress)
    {
        Interlocked.Increment(ref _unsent);
        var message = new LogRequest
        {
            Urn = urn,
            Severity = progress.Weight == Weight.Warning ? LogSeverity.Warning : LogSeverity.Info,
            Message = progress.Text.Length > Longest ? progress.Text[..Longest] + "…" : progress.Text,
            Ephemeral = progress.Weight == Weight.Passing,
        };
        if (!_queue.Writer.TryWrite(message))
            Interlocked.Decrement(ref _unsent);
    }

    /// <summary>Waits a short time until earlier messages are sent: an answer should not arrive before the messages about it.</summary>
    public async Task FlushAsync()
    {
        var waited = TimeSpan.Zero;
        for (
            var pause = TimeSpan.FromMilliseconds(5);
            Volatile.Read(ref _unsent) > 0 && _engine is not null && waited < Patience;
            waited += pause
        )
            await Task.Delay(pause);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await Task.WhenAny(_sending, Task.Delay(Patience));
        _engine?.Dispose();
    }

    private async Task SendAsync()
    {
        await foreach (var message in _queue.Reader.ReadAllAsync())
        {
            try
            {
                if (_engine is { } there)
                    await there.CallAsync(EngineMethods.Log, message, Patience);
            }
            catch (Exception e) when (e is GrpcException or ObjectDisposedException or OperationCanceledException)
            {
                // There is no other way to tell the user.
            }
            finally
            {
                Interlocked.Decrement(ref _unsent);
            }
        }
    }
}
