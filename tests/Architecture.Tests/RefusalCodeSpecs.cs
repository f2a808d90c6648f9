using System.Text.RegularExpressions;

namespace Cloudlet.Architecture.Tests;

/// <summary>docs/formats/overlay.md lists the codes of refused overlays; the source defines them. They agree.</summary>
public sealed partial class RefusalCodeSpecs
{
    private const string Source = "provisioner/Synthesis/Refusals/OverlayRefusalCode.cs";

    [Fact]
    public void The_table_of_refusals_has_exactly_the_codes_of_the_source()
    {
        var section = Section().Match(File.ReadAllText(Repository.At("docs/formats/overlay.md"))).Groups["rows"].Value;
        var listed = Row().Matches(section).Select(static m => m.Groups["code"].Value).ToList();

        listed.ShouldBe(Codes().Select(static c => c.Code));
        listed.ShouldBeUnique();
    }

    [Fact]
    public void Every_row_says_what_the_code_means_and_what_to_do() =>
        Row()
            .Matches(File.ReadAllText(Repository.At("docs/formats/overlay.md")))
            .Where(static m => m.Groups["meaning"].Value.Length < 10 || m.Groups["advice"].Value.Length < 10)
            .Select(static m => m.Value)
            .ShouldBeEmpty();

    [Fact]
    public void Every_code_is_used()
    {
        var source = string.Concat(
            Repository
                .Files(".cs")
                .Where(static f => f.StartsWith("provisioner/", StringComparison.Ordinal) && f != Source)
                .Select(static f => File.ReadAllText(Repository.At(f)))
        );

        Codes()
            .Where(c => !Regex.IsMatch(source, $@"\bOverlayRefusalCode\.{c.Name}\b", RegexOptions.NonBacktracking))
            .Select(static c => c.Code)
            .ShouldBeEmpty();
    }

    private static List<(string Name, string Code)> Codes() =>
        [
            .. Constant()
                .Matches(File.ReadAllText(Repository.At(Source)))
                .Select(static m => (m.Groups["name"].Value, m.Groups["code"].Value)),
        ];

    [GeneratedRegex(@"const string (?<name>\w+) = ""(?<code>[^""]+)"";", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Constant();

    [GeneratedRegex(
        @"^## Refusals$(?<rows>.*?)^## ",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Section();

    [GeneratedRegex(
        @"^\| `(?<code>[a-z]+(-[a-z]+)*)` \| (?<meaning>[^|\n]*[a-z][^|\n]*) \| (?<advice>[^|\n]*) \|$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Row();
}
