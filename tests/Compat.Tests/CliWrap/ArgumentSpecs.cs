using CliWrap;
using CliWrap.Buffered;
using CliWrap.Builders;
using FsCheck;
using FsCheck.Fluent;

namespace Compat.Tests.CliWrap;

public class ArgumentSpecs
{
    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData("say \"hello\"")]
    [InlineData("first\nsecond\r\n\tthird")]
    [InlineData("naïve – 日本語 🚀")]
    [InlineData("\\")]
    [InlineData("ends in backslash\\")]
    [InlineData("\\\"\\\\\" \\")]
    [InlineData("$HOME `id` ; rm * | & > 'x' #")]
    [InlineData("-n")]
    public async Task An_argument_arrives_unchanged_whatever_its_neighbours(string argument)
    {
        var received = await ReceivedAsync(["before", argument, "", argument]);

        received.ShouldBe(["before", argument, "", argument]);
    }

    [Fact]
    public void Random_argument_lists_arrive_unchanged()
    {
        // Biased towards the characters that quoting is about. No NUL and no lone surrogate: no argument can hold those.
        var character = Gen.Frequency(
            (3, Gen.Elements('"', '\\', ' ', '\t', '\n')),
            (1, Gen.Elements('a', 'é', '\u00a0', '\u2003', '$', '\'', '\u0001')));
        var argument = character.ArrayOf().Select(characters => new string(characters));
        var arguments = argument.ArrayOf().ToArbitrary();

        Prop.ForAll(arguments, sent => ReceivedAsync(sent).GetAwaiter().GetResult().SequenceEqual(sent))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Fact]
    public async Task A_string_of_arguments_is_split_by_the_quoting_rule_and_by_no_shell()
    {
        var result = await Cli.Wrap(Dummy.FilePath).WithArguments("arguments one \"two words\" $HOME *").ExecuteBufferedAsync();

        result.StandardOutput.ShouldBe("one\0two words\0$HOME\0*\0");
    }

    [Fact]
    public async Task A_builder_adds_texts_numbers_and_lists_and_escapes_unless_told_otherwise()
    {
        var command = Cli.Wrap(Dummy.FilePath).WithArguments(args => args
            .Add("arguments")
            .Add("a b")
            .Add(1.5)
            .Add(["c d", "e"])
            .Add("f g", escape: false));

        command.Arguments.ShouldBe("arguments \"a b\" 1.5 \"c d\" e f g");
        (await command.ExecuteBufferedAsync()).StandardOutput.ShouldBe("a b\01.5\0c d\0e\0f\0g\0");
    }

    [Fact]
    public void Arguments_without_white_space_or_quotes_are_left_as_they_are()
    {
        new ArgumentsBuilder().Add("--path=C:\\x\\").Add("").Add("y").Build().ShouldBe("--path=C:\\x\\ \"\" y");
    }

    [Fact]
    public void Escaping_can_be_switched_off_for_a_list()
    {
        Cli.Wrap("x").WithArguments(["a b", "c"], escape: false).Arguments.ShouldBe("a b c");
    }

    private static async Task<string[]> ReceivedAsync(string[] sent)
    {
        var result = await Dummy.Run(["arguments", .. sent]).ExecuteBufferedAsync();
        return result.StandardOutput.Split('\0')[..^1];
    }
}
