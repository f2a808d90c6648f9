using System.Security.Cryptography;
using Cloudlet.Check.Clouds;
using Cloudlet.Check.Guests;
using Cloudlet.Check.Steps;
using Cloudlet.Errors;
using Cloudlet.Machine;
using Cloudlet.OpenStack;

namespace Cloudlet.Check;

/// <summary>
/// Checks a cloud by use: boots a guest in a network of its own, reads what the guest reports, pings it, and deletes everything.
/// </summary>
/// <param name="client">The cloud, with an account that may make flavors and networks.</param>
/// <param name="machine">This host: it makes the guest, and pings it.</param>
/// <param name="listener">Receives the progress.</param>
/// <param name="clock">Measures the steps.</param>
public sealed class CloudCheck(CloudClient client, IMachine machine, ICheckListener listener, TimeProvider clock)
{
    /// <summary>Beginning of the name of everything that checks make.</summary>
    public const string Prefix = "cloudlet-check-";

    private readonly StepRunner _steps = new(listener, clock);

    /// <summary>Checks the cloud, and deletes what was made, also after a failure and a cancellation.</summary>
    /// <returns>True when every step that was tried passed.</returns>
    /// <exception cref="CloudletException">Busy, PermissionDenied: no check could begin.</exception>
    public async Task<bool> RunAsync(CheckOptions options, CancellationToken ct)
    {
        using var exclusive = CheckLock.Take(options.Folder);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.Limit); // real time, as the cloud's own
        var mine = $"{Prefix}{options.Host}-";
        var passed = await TryAsync(() => PrepareAsync(mine, limit.Token), options, ct);
        if (!passed)
            return false;
        var name = mine + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
        try
        {
            var use = new CheckUse(new CheckCloud(client, name, limit.Token), machine, _steps, options);
            passed = await TryAsync(() => use.RunAsync(new GuestStore(machine, options.Folder)), options, ct);
        }
        finally
        {
            // Not cancelled with the check: what it made must not stay. It has a limit of its own.
            var isKept = passed && options.Keep;
            passed &= await TryAsync(() => isKept ? KeepAsync(name) : DeleteAsync(name), options, CancellationToken.None);
        }

        ct.ThrowIfCancellationRequested();
        return passed;
    }

    /// <summary>False when a step failed, or the time of the check was over; steps report their failures themselves.</summary>
    private async Task<bool> TryAsync(Func<Task> steps, CheckOptions options, CancellationToken ct)
    {
        try
        {
            await steps();
            return true;
        }
        catch (CloudletException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            listener.Ended(
                new CheckStep(
                    "time",
                    StepResult.Failed,
                    $"the check did not end within {options.Limit.TotalSeconds:0} s: it was in the step {_steps.Current}. Give it more "
                        + "time with --timeout",
                    options.Limit
                )
            );
            return false;
        }
    }

    private async Task PrepareAsync(string mine, CancellationToken ct)
    {
        await _steps.RunAsync(
            "login",
            async _ =>
            {
                await client.ProjectIdAsync(ct);
                return "Keystone answers, and the account has a role in its project";
            }
        );
        await _steps.RunAsync(
            "leftovers",
            async wait =>
                await new MadeObjects(new CheckCloud(client, mine, ct), wait).DeleteAsync(insists: false) is > 0 and var count
                    ? $"{count} objects of an earlier check deleted"
                    : "none of an earlier check"
        );
    }

    private Task KeepAsync(string name) =>
        _steps.RunAsync("keep", _ => Task.FromResult($"{name} stays; the next check from this host deletes it"));

    private Task DeleteAsync(string name) =>
        _steps.RunAsync(
            "delete",
            async wait =>
                $"{await new MadeObjects(new CheckCloud(client, name, CancellationToken.None), wait).DeleteAsync(insists: true)} objects "
                + "deleted, nothing is left"
        );
}
