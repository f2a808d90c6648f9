using Cloudlet.Agent;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;
using Cloudlet.Provider.Agents;
using Cloudlet.Provider.Settings;
using Cloudlet.TestKit;

namespace Cloudlet.Provider.Tests;

/// <summary>
/// A host that does not answer is waited for once, if waiting can help, and the user is told. The ssh is real; the program through which it
/// connects records every attempt.
/// </summary>
public sealed class ReachSpecs : IDisposable
{
    private static readonly SshTarget Target = new("edge-1.invalid", "root", null);

    private readonly TempDir _folder = new();
    private readonly UnreachableHosts _unreachable = new(TimeProvider.System);
    private readonly List<string> _told = [];

    private int Attempts => File.Exists(_folder["attempts"]) ? File.ReadAllLines(_folder["attempts"]).Length : 0;

    [Fact]
    public async Task An_observation_does_not_retry_a_refused_connection()
    {
        (await AskAsync(itToCome: false)).Kind.ShouldBe(ErrorKind.Unreachable);

        Attempts.ShouldBe(1);
    }

    [Fact]
    public async Task A_change_retries_it_because_the_machine_may_be_booting()
    {
        (await AskAsync(itToCome: true, seconds: 5)).Kind.ShouldBe(ErrorKind.Unreachable);

        Attempts.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_tried_once()
    {
        // Longer than a label of a name may be, so that no resolver has to be asked.
        var settings = new ProviderSettings
        {
            ConnectTimeout = TimeSpan.FromSeconds(20),
            SshConfig = "/dev/null",
            SshOptions = ["BatchMode=yes"],
        };
        await using var agent = new WaitingAgent(
            new SshTarget(new string('a', 70), "root", null),
            settings,
            "/bin/true",
            _unreachable,
            new Waiting(ForItToCome: true, (text, _) => _told.Add(text)),
            TimeProvider.System
        );

        (
            await Should.ThrowAsync<CloudletException>(() =>
                agent.AskAsync(new AgentRequest(HostVerb.Status), static _ => { }, TestContext.Current.CancellationToken)
            )
        ).Kind.ShouldBe(ErrorKind.NotFound);
    }

    [Fact]
    public async Task A_host_that_recently_did_not_answer_is_not_waited_for_again()
    {
        (await AskAsync(itToCome: false)).Message.ShouldNotContain("recently did not answer");

        (await AskAsync(itToCome: true)).Message.ShouldContain("recently did not answer");
    }

    [Fact]
    public async Task A_wait_shows_what_it_waits_for()
    {
        await AskAsync(itToCome: true, seconds: 4);

        _told[0].ShouldContain("waiting for ssh://root@edge-1.invalid to answer");
        _told[0].ShouldContain("of at most 4 s");
    }

    public void Dispose() => _folder.Dispose();

    private async Task<CloudletException> AskAsync(bool itToCome, double seconds = 1.5)
    {
        var proxy = _folder.Write("proxy", $"#!/bin/sh\necho x >>{_folder["attempts"]}\nexit 1\n");
        File.SetUnixFileMode(proxy, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var settings = new ProviderSettings
        {
            ConnectTimeout = TimeSpan.FromSeconds(seconds),
            SshConfig = "/dev/null",
            SshOptions = [$"ProxyCommand={proxy}", "BatchMode=yes"],
        };
        await using var agent = new WaitingAgent(
            Target,
            settings,
            "/bin/true",
            _unreachable,
            new Waiting(itToCome, (text, _) => _told.Add(text)),
            TimeProvider.System
        );
        return await Should.ThrowAsync<CloudletException>(() =>
            agent.AskAsync(new AgentRequest(HostVerb.Status), static _ => { }, TestContext.Current.CancellationToken)
        );
    }
}
