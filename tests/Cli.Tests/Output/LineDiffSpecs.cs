using Cloudlet.Cli.Output;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Cli.Tests.Output;

public sealed class LineDiffSpecs
{
    [Fact]
    public void Shows_removed_and_added_lines_with_a_line_of_context() =>
        LineDiff.Between("a\nb\nc\nd\n", "a\nB\nc\nd\n").ShouldBe(["  a", "- b", "+ B", "  c"]);

    [Fact]
    public void Keeps_common_lines_between_changes() =>
        LineDiff.Between("1\nx\n2\ny\n3\n", "1\n2\n3\n").ShouldBe(["  1", "- x", "  2", "- y", "  3"]);

    [Fact]
    public void A_new_text_is_all_added() => LineDiff.Between("", "a\nb\n").ShouldBe(["+ a", "+ b"]);

    [Fact]
    public void Applying_the_diff_to_the_old_lines_gives_the_new_ones() =>
        Prop.ForAll(
                ArbMap.Default.GeneratorFor<char[]>().Two().ToArbitrary(),
                pair =>
                {
                    // One letter per line keeps the alphabet small, so that lines repeat as they do in configuration files.
                    var (old, now) = (Lines(pair.Item1), Lines(pair.Item2));
                    var diff = LineDiff.Between(string.Join('\n', old), string.Join('\n', now));
                    diff.Count(l => l[0] == '-').ShouldBe(old.Length - Kept(old, now, diff));
                    diff.Count(l => l[0] == '+').ShouldBe(now.Length - Kept(old, now, diff));
                    return true;
                }
            )
            .QuickCheckThrowOnFailure();

    private static string[] Lines(char[] letters) => [.. letters.Select(c => ((char)('a' + (c % 4))).ToString())];

    private static int Kept(string[] old, string[] now, IReadOnlyList<string> diff) =>
        old.Length - diff.Count(l => l[0] == '-') is var kept && now.Length - diff.Count(l => l[0] == '+') == kept
            ? kept
            : throw new InvalidOperationException("the lines kept on both sides differ");
}
