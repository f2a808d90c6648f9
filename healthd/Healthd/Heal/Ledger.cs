using Cloudlet.DesiredState.Health;

namespace Cloudlet.Healthd.Heal;

/// <summary>What the budget says of an attempt.</summary>
public enum Allowance
{
    /// <summary>It may be made.</summary>
    Now,

    /// <summary>Not before <see cref="Account.NextTry"/>, after failures.</summary>
    AfterFailure,

    /// <summary>Not before <see cref="Account.NextTry"/>: it was healed too often of late.</summary>
    Exhausted,

    /// <summary>Not at all until something changes.</summary>
    GivenUp,
}

/// <summary>The budget of one resource.</summary>
public sealed class Account
{
    /// <summary>Failed attempts in a row.</summary>
    public int Failures { get; internal set; }

    /// <summary>Successful heals since the daemon started.</summary>
    public int Heals { get; internal set; }

    /// <summary>When it was healed last, UTC.</summary>
    public DateTimeOffset? LastHeal { get; internal set; }

    /// <summary>When the next attempt may be made, UTC; null: at once.</summary>
    public DateTimeOffset? NextTry { get; internal set; }

    /// <summary>True after too many failures in a row.</summary>
    public bool GivenUp { get; internal set; }

    internal double Tokens { get; set; }

    internal long Filled { get; set; }

    internal long? NotBefore { get; set; }

    internal long? OnProbationUntil { get; set; }
}

/// <summary>
/// Bounds how often each resource is healed: a token bucket for heals that succeed and are lost again, an exponential back-off with a limit for those that fail. Both measure with the monotonic clock, so that a
/// step of the wall clock neither frees nor blocks anything. Not for several threads at once.
/// </summary>
public sealed class Ledger(HealthSettings settings, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    /// <summary>A token but for rounding: without that, the end of a wait can come out a hair short of it, and the next wait as none at all.</summary>
    private const double Whole = 1 - 1e-6;

    private readonly Dictionary<string, Account> accounts = [];

    /// <summary>The budget of a resource.</summary>
    public Account this[string id] => accounts.TryGetValue(id, out var account)
        ? account
        : accounts[id] = new Account { Tokens = settings.Burst, Filled = clock.GetTimestamp() };

    /// <summary>Whether an attempt may be made now; costs nothing.</summary>
    public Allowance Ask(string id)
    {
        var account = this[id];
        if (account.GivenUp)
            return Allowance.GivenUp;
        if (account.NotBefore is { } time && clock.GetTimestamp() < time)
            return account.Failures > 0 ? Allowance.AfterFailure : Allowance.Exhausted;
        Fill(account);
        if (account.Tokens >= Whole)
            return Allowance.Now;
        Wait(account, TimeSpan.FromMinutes((1 - account.Tokens) / settings.PerMinute));
        return account.Failures > 0 ? Allowance.AfterFailure : Allowance.Exhausted;
    }

    /// <summary>Records a heal that ended as described.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="probation">When that may not last, as the start of a process: how long it has to. Failures before it are forgotten when it has.</param>
    public void Succeeded(string id, TimeSpan? probation = null)
    {
        var account = this[id];
        Spend(account);
        account.OnProbationUntil = probation is { } time ? clock.GetTimestamp() + (long)(time.TotalSeconds * clock.TimestampFrequency) : null;
        if (probation is null)
            account.Failures = 0;
        account.NotBefore = null;
        account.NextTry = null;
        account.Heals++;
        account.LastHeal = clock.GetUtcNow();
    }

    /// <summary>To be told when a heal on probation did not last. Counts it as a failure if it was lost too soon.</summary>
    /// <returns>True when it was.</returns>
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

    /// <summary>Records an attempt that failed.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="forGood">True when trying again cannot help until something changes.</param>
    public void Failed(string id, bool forGood)
    {
        var account = this[id];
        Spend(account);
        Fail(account, forGood);
    }

    private void Fail(Account account, bool forGood)
    {
        account.Failures++;
        account.GivenUp = forGood || account.Failures >= settings.GiveUpAfter;
        if (account.GivenUp)
            account.NextTry = null;
        else
            Wait(account, TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(account.Failures - 1, 20))));
    }

    /// <summary>The resource was seen as described: failures in a row end here, unless it is on probation; spent tokens stay spent.</summary>
    public void Well(string id)
    {
        if (accounts.TryGetValue(id, out var account) && !(account.OnProbationUntil is { } end && clock.GetTimestamp() < end))
            Reset(account);
    }

    /// <summary>Something about a resource changed: what was given up, or waits after failures, is tried anew.</summary>
    public void TryAnew(string id)
    {
        if (accounts.TryGetValue(id, out var account))
            Reset(account);
    }

    private static void Reset(Account account)
    {
        account.OnProbationUntil = null;
        account.Failures = 0;
        account.GivenUp = false;
        account.NotBefore = null;
        account.NextTry = null;
    }

    /// <summary>True when the resource could be healed twice at once again: whatever made it flap is over.</summary>
    public bool HasRecovered(string id)
    {
        var account = this[id];
        Fill(account);
        return account.Tokens >= Math.Min(settings.Burst, 2);
    }

    /// <summary>The same for all resources.</summary>
    public void TryAnew()
    {
        foreach (var account in accounts.Values)
            Reset(account);
    }

    /// <summary>A slow second chance: what was given up may be tried once more, and is given up again if that fails.</summary>
    public void OneMoreTry()
    {
        foreach (var account in accounts.Values.Where(a => a.GivenUp))
            account.GivenUp = false;
    }

    /// <summary>How long until the next attempt may be made; null when none is planned.</summary>
    public TimeSpan? PauseOf(string id) => this[id] is { GivenUp: false, NotBefore: { } time } && clock.GetTimestamp() < time
        ? clock.GetElapsedTime(clock.GetTimestamp(), time)
        : null;

    /// <summary>Forgets resources that nobody describes any more.</summary>
    public void Forget(Func<string, bool> isDescribed)
    {
        foreach (var id in accounts.Keys.Where(id => !isDescribed(id)).ToList())
            accounts.Remove(id);
    }

    private void Spend(Account account)
    {
        Fill(account);
        account.Tokens = Math.Max(0, account.Tokens - 1);
    }

    private void Fill(Account account)
    {
        var now = clock.GetTimestamp();
        account.Tokens = Math.Min(settings.Burst, account.Tokens + (clock.GetElapsedTime(account.Filled, now).TotalMinutes * settings.PerMinute));
        account.Filled = now;
    }

    private void Wait(Account account, TimeSpan pause)
    {
        account.NotBefore = clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);
        account.NextTry = clock.GetUtcNow() + pause;
    }
}
