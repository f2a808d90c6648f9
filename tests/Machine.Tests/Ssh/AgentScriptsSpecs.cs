using System.Security.Cryptography;
using System.Text;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Ssh;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Ssh;

/// <summary>The remote scripts in a local shell, with an id that is not root and a fake sudo.</summary>
public sealed class AgentScriptsSpecs : IDisposable
{
    private static readonly HelperProgram Shell = new("sh", "dash", "test");
    private readonly TempDir _dir = new();

    public AgentScriptsSpecs() => Program("id", "echo 1000");

    public void Dispose() => _dir.Dispose();

    [Fact]
    public async Task A_user_becomes_root_through_sudo_without_a_prompt()
    {
        Program("sudo", "[ \"$1\" = -n ] || exit 1; shift; echo \"sudo $1\"; exec \"$@\"");

        var result = await Run(AgentScripts.RunCommand(_dir["agents"], "0123", ["it's", "a b"]));

        // First, sudo is tested; then the check runs as root and finds no agent.
        (result.ExitCode, result.Output).ShouldBe((AgentScripts.AgentMissing, "sudo true\nsudo sh\n"));
    }

    [Fact]
    public async Task A_password_prompt_of_sudo_differs_from_a_failing_agent()
    {
        Program("sudo", "echo 'sudo: a password is required' >&2; exit 1");

        var result = await Run(AgentScripts.RunCommand(_dir["agents"], "0123", []));

        (result.ExitCode, result.Error).ShouldBe((AgentScripts.NotRoot, "sudo: a password is required\n"));
    }

    [Fact]
    public async Task An_interrupted_upload_leaves_nothing()
    {
        Program("id", "echo 0");

        var result = await Run(AgentScripts.InstallCommand(_dir["agents"], new string('0', 64)), input: "half of it");

        result.ExitCode.ShouldBe(AgentScripts.TransferDamaged);
        Directory.GetFileSystemEntries(_dir[$"agents/{new string('0', 64)}"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_agent_is_verified_once_and_again_when_its_file_has_changed()
    {
        Program("id", "echo 0");
        Program("sha256sum", $"echo verified >>{_dir["log"]}; exec /usr/bin/sha256sum \"$@\"");
        const string agent = "#!/bin/sh\necho \"ran $1\"\n";
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(agent)));
        var path = _dir.Write($"agents/{digest}/cloudlet", agent);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        (await RunAgent("once")).Output.ShouldBe("ran once\n");
        (await RunAgent("twice")).Output.ShouldBe("ran twice\n");
        File.ReadAllLines(_dir["log"]).Length.ShouldBe(1);

        // The same length: only the times tell.
        File.WriteAllText(path, agent.Replace("ran", "bad", StringComparison.Ordinal));
        (await RunAgent("never")).ExitCode.ShouldBe(AgentScripts.AgentMissing);
        File.ReadAllLines(_dir["log"]).Length.ShouldBe(2);

        Task<ProcessResult> RunAgent(string word) => Run(AgentScripts.RunCommand(_dir["agents"], digest, [word]));
    }

    /// <summary>Runs a remote command as sshd would: as one line for a shell.</summary>
    private Task<ProcessResult> Run(IReadOnlyList<string> command, string? input = null) =>
        new HostProcesses().RunAsync(
            Shell,
            ["-c", PosixShell.Join(command)],
            TimeSpan.FromSeconds(60),
            CancellationToken.None,
            input,
            new Dictionary<string, string?> { ["PATH"] = $"{_dir["bin"]}:{Environment.GetEnvironmentVariable("PATH")}" }
        );

    private void Program(string name, string script)
    {
        var path = _dir.Write($"bin/{name}", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
