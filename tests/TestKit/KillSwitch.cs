namespace Cloudlet.TestKit;

/// <summary>
/// Ends a run at its Nth step like kill -9: from then on, nothing that passes through it takes effect. It also cancels the run's token, so
/// that the run does not continue with another resource.
/// </summary>
public sealed class KillSwitch : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _turn = new();

    /// <summary>The first step that is not done, from 1; 0: none.</summary>
    public int At { get; init; }

    /// <summary>Steps that were done.</summary>
    public int Steps { get; private set; }

    /// <summary>True when the run was ended.</summary>
    public bool IsDead => _end.IsCancellationRequested;

    /// <summary>The token of the run.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Called before and after every write.</summary>
    public void Step()
    {
        lock (_turn)
        {
            if (!IsDead && ++Steps != At)
                return;
            if (!IsDead)
                _end.Cancel();
        }

        throw new OperationCanceledException("killed", Token);
    }

    /// <inheritdoc/>
    public void Dispose() => _end.Dispose();
}
