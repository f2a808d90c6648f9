using System.Security.Cryptography;
using System.Text;
using Cloudlet.Agent;
using Cloudlet.Check;
using Cloudlet.Check.Steps;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.Errors;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Cli.Hosts;

/// <summary>Checks the cloud that this machine describes.</summary>
/// <param name="parts">This machine.</param>
/// <param name="events">Receives the progress.</param>
internal sealed class CheckRunner(HostServices parts, ConvergeEventSink events) : ICheckListener
{
    private readonly TimeProvider _clock = TimeProvider.System;

    /// <summary>Checks it; the last event is <see cref="CheckFinished"/>.</summary>
    /// <param name="asked">How.</param>
    /// <param name="state">A state of this machine that names the cloud, if the request does not; null: there is none.</param>
    /// <param name="ct">Cancels the check; what it made is deleted first.</param>
    public async Task RunAsync(CheckRequest asked, HostState? state, CancellationToken ct)
    {
        if (parts.Checks is not { } folder)
            throw new CloudletException(ErrorKind.Unsupported, "a network namespace has no cloud; check the host it is on");
        var api =
            asked.Cloud
            ?? state?.Resources.OfType<CloudSpec>().FirstOrDefault()?.Api
            ?? throw new CloudletException(
                ErrorKind.InvalidInput,
                "the last applied state of this host names no cloud; give the site file whose host has the section `cloud`"
            );
        var started = _clock.GetTimestamp();
        using var client = new CloudClients(parts.Machine.Files, _clock).Of(api);
        var options = new CheckOptions(HostMark(), folder, TimeSpan.FromSeconds(asked.Seconds))
        {
            Image = asked.Image,
            Flavor = asked.Flavor,
            Keep = asked.Keep,
        };
        var passed = await new CloudCheck(client, parts.Machine, this, _clock).RunAsync(options, ct);
        events(new CheckFinished(passed, _clock.GetElapsedTime(started).TotalMilliseconds));
    }

    void ICheckListener.Ended(CheckStep step) =>
        events(
            new CheckStepEnded(
                step.Name,
                step.Result switch
                {
                    StepResult.Passed => CheckStepResult.Passed,
                    StepResult.Skipped => CheckStepResult.Skipped,
                    _ => CheckStepResult.Failed,
                },
                step.Found,
                step.Took.TotalMilliseconds
            )
        );

    void ICheckListener.Waiting(string step, string on, TimeSpan since) => events(new CheckWaiting(step, on, since.TotalMilliseconds));

    /// <summary>Names this machine in the names of what a check makes, without showing its identity.</summary>
    private string HostMark()
    {
        var identity = parts.Identity();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity.Lasting ?? identity.Now)).AsSpan(0, 4));
    }
}
