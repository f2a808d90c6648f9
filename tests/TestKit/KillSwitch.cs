namespace Cloudlet.TestKit;

/// <summary>
/// Ends a run at its Nth step as kill -9 would: from then on nothing that goes through it happens any more, and the run's token is cancelled, so that its code does not carry on with another resource.
/// </summary>
public sealed class KillSwitch : IDisposable
{
    private readonly CancellationTokenSource end = new();
    private readonly Lock turn = new();

    /// <summary>The step that is not done any more, from 1; 0: never.</summary>
    public int At { get; init; }

    /// <summary>Steps that were done.</summary>
    public int Steps { get; private set; }

    /// <summary>True when the run was ended.</summary>
    public bool IsDead => end.IsCancellationRequested;

    /// <summary>The token of the run.</summary>
    public CancellationToken Token => end.Token;

    /// <summary>Called before and after every write.</summary>
    public void Step()
    {
        lock (turn)
        {
            if (!IsDead && ++Steps != At)
                return;
            if (!IsDead)
                end.Cancel();
        }

        throw new OperationCanceledException("killed", Token);
    }

    /// <inheritdoc/>
    public void Dispose() => end.Dispose();
}
