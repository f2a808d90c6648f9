namespace Cloudlet.Provider.Agents;

/// <summary>How to wait for a host that does not answer.</summary>
/// <param name="ForItToCome">
/// True: the machine may be booting, so a refused connection is retried for a bounded time. False: fail at once.
/// </param>
/// <param name="Tell">Reports what it waits for; true for the first message, which should be kept.</param>
internal sealed record Waiting(bool ForItToCome, Action<string, bool> Tell)
{
    /// <summary>Does not wait and reports nothing.</summary>
    public static readonly Waiting No = new(ForItToCome: false, static (_, _) => { });
}
