using Cloudlet.DesiredState.Health;

namespace Cloudlet.Healthd.Heal;

/// <summary>The budget's decision about an attempt.</summary>
public enum BudgetDecision
{
    /// <summary>Allowed now.</summary>
    Now,

    /// <summary>Not before <see cref="BudgetEntry.NextTry"/>: earlier attempts failed.</summary>
    AfterFailure,

    /// <summary>Not before <see cref="BudgetEntry.NextTry"/>: it was healed too often recently.</summary>
    Exhausted,

    /// <summary>Not at all until something changes.</summary>
    GivenUp,
}

/// <summary>The budget of one resource.</summary>
public sealed class BudgetEntry
{
    /// <summary>Consecutive failed attempts.</summary>
    public int Failures { get; internal set; }

    /// <summary>Successful heals since the daemon started.</summary>
    public int Heals { get; internal set; }

    /// <summary>When it was healed last, UTC.</summary>
    public DateTimeOffset? LastHeal { get; internal set; }

    /// <summary>When the next attempt may be made, UTC; null: at once.</summary>
    public DateTimeOffset? NextTry { get; internal set; }

    /// <summary>True after too many consecutive failures.</summary>
    public bool GivenUp { get; internal set; }

    internal double Tokens { get; set; }

    internal long Filled { get; set; }

    internal long? NotBefore { get; set; }

    internal long? OnProbationUntil { get; set; }
}

/// <summary>
/// Limits how often each resource is healed: a token bucket for heals that succeed but do not last, and an exponential back-off with a
/// limit for heals that fail. Both use the monotonic clock, so that a step of the wall clock neither frees nor blocks anything. Not
/// thread-safe.
/// </summary>
public sealed class RetryBudget(HealthSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>
    /// One token, less a rounding error: without that, a wait can end just short of a whole token, and the next wait would be zero.
    /// </summary>
    private const double Whole = 1 - 1e-6;

    private readonly Dictionary<string, BudgetEntry> _accounts = [];

    /// <summary>The budget of a resource.</summary>
    public BudgetEntry this[string id] =>
        _accounts.TryGetValue(id, out var account)
            ? account
            : _accounts[id] = new BudgetEntry { Tokens = settings.Burst, Filled = clock.GetTimestamp() };

    /// <summary>Whether an attempt is allowed now; spends nothing.</summary>
    public BudgetDecision Ask(string id)
    {
        var account = this[id];
        if (account.GivenUp)
            return BudgetDecision.GivenUp;
        if (account.NotBefore is { } time && clock.GetTimestamp() < time)
            return account.Failures > 0 ? BudgetDecision.AfterFailure : BudgetDecision.Exhausted;
        Fill(account);
        if (account.Tokens >= Whole)
            return BudgetDecision.Now;
        Wait(account, TimeSpan.FromMinutes((1 - account.Tokens) / settings.PerMinute));
        return account.Failures > 0 ? BudgetDecision.AfterFailure : BudgetDecision.Exhausted;
    }

    /// <summary>Records a heal that left the resource as described.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="probation">If success may not last, such as the start of a process: how long it has to last. Earlier failures are
    /// forgotten only then.</param>
    public void Succeeded(string id, TimeSpan? probation = null)
    {
        var account = this[id];
        Spend(account);
        account.OnProbationUntil = probation is { } time
            ? clock.GetTimestamp() + (long)(time.TotalSeconds * clock.TimestampFrequency)
            : null;
        if (probation is null)
            account.Failures = 0;
        account.NotBefore = null;
        account.NextTry = null;
        account.Heals++;
        account.LastHeal = clock.GetUtcNow();
    }

    /// <summary>Reports that a heal on probation did not last; counts as a failure if it was lost too soon.</summary>
    /// <returns>True when it counted.</returns>
    public bool Relapsed(string id)
    {
        var account = this[id];
        if (account.OnProbationUntil is not { } end)
            return false;
        account.OnProbationUntil = null;
        if (clock.GetTimestamp() < end)
        {
            Fail(account, forGood: false);
            return true;
        }

        account.Failures = 0;
        return false;
    }

    /// <summary>Records a failed attempt.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="forGood">True when retries cannot help until something changes.</param>
    public void Failed(string id, bool forGood)
    {
        var account = this[id];
        Spend(account);
        Fail(account, forGood);
    }

    private void Fail(BudgetEntry account, bool forGood)
    {
        account.Failures++;
        account.GivenUp = forGood || account.Failures >= settings.GiveUpAfter;
        if (account.GivenUp)
            account.NextTry = null;
        else
            Wait(account, TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(account.Failures - 1, 20))));
    }

    /// <summary>
    /// The resource was observed as described: consecutive failures end here, unless it is on probation; spent tokens stay spent.
    /// </summary>
    public void Well(string id)
    {
        if (_accounts.TryGetValue(id, out var account) && !(account.OnProbationUntil is { } end && clock.GetTimestamp() < end))
            Reset(account);
    }

    /// <summary>Something about a resource changed: retry it even if it was given up or waits after failures.</summary>
    public void AllowRetry(string id)
    {
        if (_accounts.TryGetValue(id, out var account))
            Reset(account);
    }

    private static void Reset(BudgetEntry account)
    {
        account.OnProbationUntil = null;
        account.Failures = 0;
        account.GivenUp = false;
        account.NotBefore = null;
        account.NextTry = null;
    }

    /// <summary>True when the resource could again be healed twice at once: the cause of its flapping is over.</summary>
    public bool HasRecovered(string id)
    {
        var account = this[id];
        Fill(account);
        return account.Tokens >= Math.Min(settings.Burst, 2);
    }

    /// <summary>The same for all resources.</summary>
    public void AllowRetries()
    {
        foreach (var account in _accounts.Values)
            Reset(account);
    }

    /// <summary>A slow second chance: allows one more attempt at what was given up; it is given up again if that fails.</summary>
    public void OneMoreTry()
    {
        foreach (var account in _accounts.Values.Where(a => a.GivenUp))
            account.GivenUp = false;
    }

    /// <summary>The same for one resource.</summary>
    public void OneMoreTry(string id)
    {
        if (_accounts.TryGetValue(id, out var account))
            account.GivenUp = false;
    }

    /// <summary>Time until the next attempt is allowed; null when none is planned.</summary>
    public TimeSpan? PauseOf(string id) =>
        this[id] is { GivenUp: false, NotBefore: { } time } && clock.GetTimestamp() < time
            ? clock.GetElapsedTime(clock.GetTimestamp(), time)
            : null;

    /// <summary>Forgets resources that are no longer described.</summary>
    public void Forget(Func<string, bool> isDescribed)
    {
        foreach (var id in _accounts.Keys.Where(id => !isDescribed(id)).ToList())
            _accounts.Remove(id);
    }

    private void Spend(BudgetEntry account)
    {
        Fill(account);
        account.Tokens = Math.Max(0, account.Tokens - 1);
    }

    private void Fill(BudgetEntry account)
    {
        var now = clock.GetTimestamp();
        account.Tokens = Math.Min(
            settings.Burst,
            account.Tokens + (clock.GetElapsedTime(account.Filled, now).TotalMinutes * settings.PerMinute)
        );
        account.Filled = now;
    }

    private void Wait(BudgetEntry account, TimeSpan pause)
    {
        account.NotBefore = clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);
        account.NextTry = clock.GetUtcNow() + pause;
    }
}
