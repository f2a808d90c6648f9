using System.Diagnostics;
using System.Runtime.InteropServices;
using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Secrets;

/// <summary>
/// Values from the program <c>cloudlet agent</c> itself. It runs in a mount namespace, in which a folder of the test is its machine.
/// </summary>
public sealed class SecretAgentSpecs : IDisposable
{
    private const string Sesame = "Xq7-open-sesame";
    private static readonly OwnerClaim Claim = new(new Owner(OwnerKind.Site, "berlin", "controller"));

    private readonly TempDir _folder = new();
    private readonly List<string> _lines = [];
    private readonly ProcessAgent _agent;

    public SecretAgentSpecs()
    {
        foreach (var file in new[] { "passwd", "group", "machine-id" })
            if (File.Exists($"/etc/{file}"))
                _folder.Write($"etc/{file}", File.ReadAllText($"/etc/{file}"));
        foreach (var folder in new[] { "etc", "lib", "run" })
            Directory.CreateDirectory(_folder[folder]);
        _agent = new ProcessAgent(Script("\"$PROGRAM\" \"$@\""), network: null);
        Assert.SkipUnless(CanMount(), "a mount namespace needs root and unshare(1)");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_value_that_was_made_for_others_is_put_in_place_by_the_apply()
    {
        var asked = Made(1);
        var given = (await GiveAsync(asked)).ShouldBeOfType<SecretsGiven>();
        var value = given.Values.Find("rabbit").ShouldNotBeNull();

        ((SecretsGiven)await GiveAsync(asked)).Values.Find("rabbit").ShouldBe(value);
        File.Exists(_folder["etc/cloudlet/secrets/rabbit"]).ShouldBeFalse();
        (await AskAsync(new AgentRequest(HostVerb.Apply) { State = State(1), Claim = Claim }))
            .ShouldBeOfType<Finished>()
            .Result.ShouldBe(RunResult.Changed);

        File.ReadAllText(_folder["etc/cloudlet/secrets/rabbit"]).ShouldBe(value);
        (await AskAsync(new AgentRequest(HostVerb.Verify) { State = State(1) }))
            .ShouldBeOfType<Finished>()
            .Result.ShouldBe(RunResult.Unchanged);
        var next = ((SecretsGiven)await GiveAsync(Made(2))).Values.Find("rabbit").ShouldNotBeNull();
        next.ShouldNotBe(value);
        _lines.ShouldAllBe(line => !line.Contains(value) && !line.Contains(next));
        foreach (var file in Directory.EnumerateFiles(_folder["lib"], "*", SearchOption.AllDirectories))
            File.ReadAllText(file).ShouldSatisfyAllConditions(t => t.ShouldNotContain(value), t => t.ShouldNotContain(next));
    }

    [Fact]
    public async Task An_operators_file_is_read_and_what_is_missing_is_named()
    {
        _folder.Write("etc/broker", $"{Sesame}\n");

        var given = (SecretsGiven)
            await GiveAsync(
                new SecretsRequest([
                    new AskedSecret("a") { Path = "/etc/broker" },
                    new AskedSecret("b") { Path = "/etc/none" },
                    .. Made(1).Asked,
                ])
            );

        given.Values.Names.ShouldBe(["a"]);
        given.Values.Find("a").ShouldBe(Sesame);
        given.Missing!["b"].ShouldBe("/etc/none does not exist there");
        given.Missing["rabbit"].ShouldBe("the next apply makes it");
        Directory.EnumerateFileSystemEntries(_folder["lib"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_description_gets_nothing()
    {
        await AskAsync(
            new AgentRequest(HostVerb.Apply) { State = State(1), Claim = new OwnerClaim(new Owner(OwnerKind.Site, "hamburg", "c")) }
        );

        (await GiveAsync(Made(1))).ShouldBeOfType<Refused>().Kind.ShouldBe(ErrorKind.OwnedByOther);
    }

    [Fact]
    public async Task A_question_without_a_valid_secret_is_answered_without_a_value()
    {
        var given = (SecretsGiven)
            await GiveAsync(
                new SecretsRequest([new AskedSecret("../etc/shadow"), new AskedSecret("a") { Length = 1, Version = 1 }]) { Makes = true }
            );

        given.Values.Count.ShouldBe(0);
        given.Missing!.Count.ShouldBe(2);
    }

    private static SecretsRequest Made(int version) =>
        new([new AskedSecret("rabbit") { Length = 32, Version = version }]) { Makes = true, IsIncluded = true };

    private HostState State(int version)
    {
        var files = new DiskSiteFiles();
        var site = _folder.Write("site.yaml", $"hosts: {{controller: {{secrets: {{rabbit: {{generate: 32, version: {version}}}}}}}}}");
        return HostCompiler.Compile(SiteLoader.Load([site], files).Site!, files).ShouldHaveSingleItem().State!;
    }

    private Task<ConvergeEvent> GiveAsync(SecretsRequest asked) =>
        AskAsync(new AgentRequest(HostVerb.GiveSecrets) { Asked = asked, Claim = Claim });

    /// <summary>The last event of an answer.</summary>
    private async Task<ConvergeEvent> AskAsync(AgentRequest request)
    {
        ConvergeEvent? last = null;
        await _agent.AskAsync(
            request,
            happened =>
            {
                last = happened;
                if (happened is not SecretsGiven)
                    _lines.Add(ConvergeEventJson.ToLine(happened));
            },
            TestContext.Current.CancellationToken
        );
        return last.ShouldNotBeNull();
    }

    private bool CanMount()
    {
        using var process = Process.Start(Script("true"));
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>A program that runs a command with the folders of the test in the places of those of the machine.</summary>
    private string Script(string command)
    {
        var path = _folder.Write(
            $"agent-{command.Length}",
            $"""
            #!/bin/sh
            export DOTNET_ROOT='{Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."))}'
            export PROGRAM='{Path.Combine(AppContext.BaseDirectory, "cloudlet")}'
            exec unshare --mount sh -ec '
            mount --make-rprivate /
            mount -t tmpfs none /var/lib
            mkdir /var/lib/cloudlet
            mount --bind {_folder["lib"]} /var/lib/cloudlet
            mount -t tmpfs none /run
            mkdir /run/cloudlet
            mount --bind {_folder["run"]} /run/cloudlet
            mount --bind {_folder["etc"]} /etc
            exec {command}' - "$@"

            """
        );
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
