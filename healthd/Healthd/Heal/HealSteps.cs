using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Healthd.Report;

namespace Cloudlet.Healthd.Heal;

/// <summary>The changes of a heal, collected from the engine's events. Thread-safe.</summary>
internal sealed class HealSteps
{
    private readonly Lock _turn = new();
    private readonly Dictionary<string, HealStep> _steps = [];
    private readonly Dictionary<string, ErrorKind> _errors = [];

    /// <summary>The steps, in the order in which they ended.</summary>
    public IReadOnlyList<HealStep> All
    {
        get
        {
            lock (_turn)
                return [.. _steps.Values];
        }
    }

    /// <summary>Forgets an earlier heal.</summary>
    public void Clear()
    {
        lock (_turn)
        {
            _steps.Clear();
            _errors.Clear();
        }
    }

    /// <summary>Adds an event.</summary>
    public void Add(ConvergeEvent happened)
    {
        lock (_turn)
        {
            switch (happened)
            {
                case ChangeDone done:
                    _steps[done.Id] = new HealStep(done.Id, done.Action, done.Milliseconds, null);
                    break;
                case ChangeFailed failed:
                    _steps[failed.Id] = new HealStep(failed.Id, failed.Action, 0, failed.Message);
                    _errors[failed.Id] = failed.Kind;
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Why a change failed, as a message; null when it did not.</summary>
    public string? ErrorOf(string id)
    {
        lock (_turn)
            return _steps.GetValueOrDefault(id)?.Error;
    }

    /// <summary>Why a change failed; null when it did not.</summary>
    public ErrorKind? KindOf(string id)
    {
        lock (_turn)
            return _errors.TryGetValue(id, out var kind) ? kind : null;
    }
}
