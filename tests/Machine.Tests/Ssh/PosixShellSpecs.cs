using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Ssh;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Machine.Tests.Ssh;

public sealed class PosixShellSpecs
{
    private static readonly HelperProgram Shell = new("sh", "dash", "test");

    [Fact]
    public void A_real_shell_reads_quoted_words_back_exactly()
    {
        // One process per case is slow, so one case is a long list of words, with many special characters.
        var character = Gen.OneOf(
            Gen.Elements("'\"\\$`!*?[]{}()<>|&;#~ \t\n\r-=%^@ü😀".EnumerateRunes().Select(static rune => rune.ToString()).ToArray()),
            Gen.Choose(1, 127).Select(static code => ((char)code).ToString())
        );
        var word = Gen.ListOf(character).Select(static parts => string.Concat(parts));
        var words = Gen.ArrayOf(word, 200).ToArbitrary();

        Prop.ForAll(words, static list => ReadBack(list).SequenceEqual(list)).Check(Config.QuickThrowOnFailure.WithMaxTest(15));
    }

    [Theory]
    [InlineData("plain-word_1.2/x:y,z+@%", "plain-word_1.2/x:y,z+@%")]
    [InlineData("", "''")]
    [InlineData("-x", "'-x'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("~", "'~'")]
    [InlineData("a=b", "'a=b'")]
    public void Words_without_special_characters_stay_readable(string word, string quoted) => PosixShell.Quote(word).ShouldBe(quoted);

    [Fact]
    public void A_zero_byte_is_refused() =>
        Should.Throw<CloudletException>(() => PosixShell.Quote("a\0b")).Kind.ShouldBe(ErrorKind.InvalidInput);

    private static string[] ReadBack(string[] words)
    {
        var script = $"printf '%s\\000' {PosixShell.Join(words)}";
        var result = new HostProcesses()
            .RunAsync(Shell, ["-s"], TimeSpan.FromSeconds(60), CancellationToken.None, input: script)
            .GetAwaiter()
            .GetResult();
        result.ExitCode.ShouldBe(0, result.Error);
        return result.Output.Split('\0')[..^1];
    }
}
