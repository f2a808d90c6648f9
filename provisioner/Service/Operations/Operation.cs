using Cloudlet.Service.Access;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Overlays;

namespace Cloudlet.Service.Operations;

/// <summary>Work that is under way, or has ended. Thread-safe; readers get complete copies.</summary>
public sealed class Operation : IProgress<string>, IByteProgress, IDisposable
{
    private const int MostSteps = 100;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private OperationView _view;
    private TaskCompletionSource _changed = New();

    /// <summary>Describes work that begins now.</summary>
    /// <param name="view">Its first state.</param>
    /// <param name="caller">Who started it; null when that was before a restart.</param>
    internal Operation(OperationView view, Caller? caller) => (_view, Caller) = (view, caller);

    /// <summary>Who started it.</summary>
    public Caller? Caller { get; }

    /// <summary>Its state now.</summary>
    public OperationView View
    {
        get
        {
            lock (_gate)
                return _view;
        }
    }

    /// <summary>Its state now, and a task that ends at the next change.</summary>
    public (OperationView View, Task Changed) Watch()
    {
        lock (_gate)
            return (_view, _changed.Task);
    }

    /// <summary>Ends when it is cancelled.</summary>
    internal CancellationToken Stopping => _stop.Token;

    /// <summary>Asks it to stop; it ends when it has discarded its partial work.</summary>
    public void Cancel()
    {
        lock (_gate)
            if (_view.HasEnded())
                return;
        _stop.Cancel();
    }

    /// <inheritdoc/>
    public void Report(string value) =>
        Change(v => v with { Step = value, DoneBytes = null, TotalBytes = null, Steps = [.. v.Steps.TakeLast(MostSteps - 1), value] });

    /// <inheritdoc/>
    public void Report(string what, long done, long total) =>
        Change(v =>
            v with
            {
                Step = what,
                DoneBytes = Math.Min(done, total),
                TotalBytes = total,
                Steps = v.Step == what ? v.Steps : [.. v.Steps.TakeLast(MostSteps - 1), what],
            }
        );

    /// <summary>Sets the last state.</summary>
    internal void End(Func<OperationView, OperationView> last) => Change(last);

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private void Change(Func<OperationView, OperationView> change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_view.HasEnded())
                return;
            _view = change(_view);
            (changed, _changed) = (_changed, New());
        }

        changed.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
