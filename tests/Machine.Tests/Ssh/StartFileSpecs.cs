using Cloudlet.Errors;

namespace Cloudlet.Machine.Tests.Ssh;

/// <summary>
/// sshd runs the start files of the user's shell before every command, with the streams of the command: they may do anything.
/// </summary>
[Collection(nameof(LocalSshd))]
public sealed class StartFileSpecs(LocalSshd sshd) : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    public void Dispose()
    {
        if (sshd.WhyNot is null)
            sshd.SetStartFile(null);
    }

    [Theory]
    [InlineData("[ -f ~/.x ] && . ~/.x")]
    [InlineData("printf 'no line end'")]
    [InlineData("echo lines; echo and words >&2")]
    [InlineData("printf '\\377\\000cloudlet-'")]
    [InlineData("head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2")]
    [InlineData("set -eu")]
    [InlineData("set -f; set -x; export SHELLOPTS")]
    [InlineData("shopt -s expand_aliases; alias sh=false cat=false printf=false base64=false echo=false eval=false")]
    [InlineData("printf() { false; }; cat() { false; }; export -f printf cat")]
    [InlineData("export IFS=ae")]
    [InlineData("export PATH=/nowhere")]
    [InlineData("umask 077")]
    [InlineData("export LANG=tr_TR.ISO-8859-9 LC_ALL=xx_YY")]
    [InlineData("trap 'echo bye; exit 3' EXIT")]
    [InlineData("read -t 0.2 line; echo \"$line\"")]
    [InlineData("exec dash -c \"$BASH_EXECUTION_STRING\"")]
    [InlineData("tcsh=$(command -v tcsh) && exec $tcsh -f -c \"$BASH_EXECUTION_STRING\"")]
    [InlineData("fish=$(command -v fish) && exec $fish -N -c \"$BASH_EXECUTION_STRING\"")]
    public async Task A_command_gets_only_its_own_input_and_gives_only_its_own_output(string startFile)
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        sshd.SetStartFile(startFile + "\n");
        await using var connection = sshd.Connect();
        string[] words = ["it's", "a  b!", "\\$HOME\n", "ü"];

        var result = await connection.RunAsync(
            ["sh", "-c", "printf '%s|' \"$@\"; cat; umask; echo err >&2; printf x; exit 7", "sh", .. words],
            Long,
            CancellationToken.None,
            "input\n"
        );

        (result.ExitCode, result.Output, result.Error).ShouldBe((7, string.Join('|', words) + "|input\n0022\nx", "err\n"));
    }

    [Fact]
    public async Task A_command_may_exit_with_the_exit_code_of_a_failed_ssh()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();

        (await connection.RunAsync(["sh", "-c", "exit 255"], Long, CancellationToken.None)).ExitCode.ShouldBe(255);
    }

    [Theory]
    [InlineData("echo This account is not available; exit 1", "exit code 1: This account is not available")]
    [InlineData("exec true", "exit code 0")]
    [InlineData("exec cat", "exit code 0")]
    [InlineData("exit 0", "exit code 0")]
    [InlineData("echo no shell for you >&2; exit 0", "exit code 0: no shell for you")]
    public async Task A_start_file_that_ends_or_replaces_the_shell_is_named(string startFile, string expected)
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        sshd.SetStartFile(startFile + "\n");
        await using var connection = sshd.Connect();

        var error = await Should.ThrowAsync<CloudletException>(connection.RunAsync(["true"], Long, CancellationToken.None));

        error.Kind.ShouldBe(ErrorKind.Unsupported);
        error.Message.ShouldContain("did not run our command");
        error.Message.ShouldContain(expected);
    }

    [Theory]
    [InlineData("echo wait; exec sleep 30")]
    [InlineData("[ -e ~/second ] && printf wait && cat; touch ~/second")]
    public async Task A_start_file_that_never_ends_takes_bounded_time(string startFile)
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        sshd.SetStartFile(startFile + "\n");
        await using var connection = sshd.Connect(TimeSpan.FromSeconds(5));

        var error = await Should.ThrowAsync<CloudletException>(
            connection.RunAsync(["cat"], Long, CancellationToken.None, "input that is never read")
        );

        (error.Kind, error.Message.Contains("wait", StringComparison.Ordinal)).ShouldBe((ErrorKind.Timeout, true));
    }
}
