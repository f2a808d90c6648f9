using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Ssh;

[Collection(nameof(LocalSshd))]
public sealed class AgentInstallerSpecs(LocalSshd sshd) : IDisposable
{
    private const string Agent = "#!/bin/sh\necho agent \"$@\"; cat; exit 5\n";
    private readonly TempDir _dir = new();

    public void Dispose() => _dir.Dispose();

    [Fact]
    public async Task The_agent_is_copied_once_and_runs_with_its_arguments_and_input()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        var agent = Create(connection, Agent);
        var sent = new Recorder();

        (await Run(agent, sent)).ShouldBe((5, "agent a b\ninput\n"));
        var copies = sent.Values.Count;
        (await Run(agent, sent)).ShouldBe((5, "agent a b\ninput\n"));

        sent.Values.Last().ShouldBe(Agent.Length);
        sent.Values.Count.ShouldBe(copies);
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Agent))).ShouldBe(agent.Digest);
        File.GetUnixFileMode(Installed(agent))
            .ShouldBe(
                (UnixFileMode)0x1ed /* 0755 */
            );
    }

    [Fact]
    public async Task Output_and_input_of_a_start_file_reach_neither_the_agent_nor_its_answer()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        sshd.SetStartFile("printf 'You have mail'; printf warning >&2; umask 077; read -t 0.2 x; false");
        try
        {
            await using var connection = sshd.Connect();
            var agent = Create(connection, Agent);

            (await Run(agent)).ShouldBe((5, "agent a b\ninput\n"));
            (await Run(agent)).ShouldBe((5, "agent a b\ninput\n"));
            File.GetUnixFileMode(Path.GetDirectoryName(Installed(agent))!)
                .ShouldBe(
                    (UnixFileMode)0x1ed /* 0755 */
                );
        }
        finally
        {
            sshd.SetStartFile(null);
        }
    }

    [Fact]
    public async Task A_damaged_agent_is_copied_again_and_never_run()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        var agent = Create(connection, Agent);
        await Run(agent);
        await File.AppendAllTextAsync(Installed(agent), "echo evil\n");

        (await Run(agent)).ShouldBe((5, "agent a b\ninput\n"));
        (await File.ReadAllTextAsync(Installed(agent))).ShouldBe(Agent);
    }

    [Fact]
    public async Task Several_runs_at_once_all_succeed_and_leave_one_program()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        var agent = Create(connection, Agent);

        var results = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Run(agent)));

        results.ShouldAllBe(result => result.ExitCode == 5);
        Directory
            .GetFileSystemEntries(_dir[$"agents/{agent.Digest}"])
            .Select(Path.GetFileName)
            .ShouldBe(["cloudlet", "verified"], ignoreOrder: true);
    }

    [Fact]
    public async Task Two_versions_stay_and_nothing_foreign_is_removed()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        _dir.Write("agents/keep-me/file", "");
        var agents = Enumerable.Range(0, 4).Select(version => Create(connection, $"{Agent}# {version}\n", $"agent{version}")).ToList();
        foreach (var agent in agents)
        {
            await Run(agent);
            Directory.SetLastWriteTimeUtc(_dir[$"agents/{agent.Digest}"], DateTime.UtcNow.AddHours(agents.IndexOf(agent) - 10));
        }

        Directory
            .GetDirectories(_dir["agents"])
            .Select(Path.GetFileName)
            .Order()
            .ShouldBe(new[] { "keep-me", agents[2].Digest, agents[3].Digest }.Order());
    }

    [Fact]
    public async Task An_agent_that_the_host_cannot_execute_is_unsupported()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        var agent = Create(connection, "\u007fELF not for this processor");

        (await Should.ThrowAsync<CloudletException>(Run(agent))).Kind.ShouldBe(ErrorKind.Unsupported);
    }

    [Fact]
    public async Task A_full_disk_is_a_clear_failure_and_leaves_no_part()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        using var small = new TmpfsMount("size=64k");
        var executable = _dir.Write("agent", new string('x', 200_000));
        var agent = new AgentInstaller(connection, executable, small["agents"]);

        var error = await Should.ThrowAsync<CloudletException>(Run(agent));

        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain("No space left");
        Directory.GetFileSystemEntries(small[$"agents/{agent.Digest}"]).ShouldBeEmpty();
    }

    private AgentInstaller Create(SshConnection connection, string content, string name = "agent") =>
        new(connection, _dir.Write(name, content), _dir["agents"]);

    private string Installed(AgentInstaller agent) => _dir[$"agents/{agent.Digest}/cloudlet"];

    private static async Task<(int ExitCode, string Output)> Run(AgentInstaller agent, IProgress<long>? progress = null)
    {
        var output = new StringBuilder();
        var exitCode = await agent.RunAsync(
            ["a", "b"],
            "input"u8.ToArray(),
            line => output.Append(line).Append('\n'),
            CancellationToken.None,
            progress: progress
        );
        return (exitCode, output.ToString());
    }

    private sealed class Recorder : IProgress<long>
    {
        public List<long> Values { get; } = [];

        public void Report(long value) => Values.Add(value);
    }
}
