using System.Text.RegularExpressions;

namespace Cloudlet.Architecture.Tests;

/// <summary>Documents, scripts, messages and comments are in plain English, for readers with English as a working language.</summary>
public sealed class IdiomSpecs
{
    private static readonly string[] Rooms = ["healthd", "infra", "provisioner"];

    /// <summary>White space, and what begins a line of a shell script's comment.</summary>
    private const string Gap = @"[\s#]+";

    /// <summary>What messages deny: "is no file" for "is not a regular file".</summary>
    private const string Nouns =
        "address|answer|base|boolean|change|digest|directory|disk|error|event|failure|file|folder|group|guest|host|image|journal|key|kind|"
        + "link|list|lock|mapping|module|name|number|option|overlay|package|part|path|place|port|problem|process|program|proof|reason|"
        + "record|regular|resource|secret|section|site|size|state|string|template|text|time|unit|url|user|value|vm";

    /// <summary>Each with what to write instead. A space stands for any white space, so a phrase is found across lines.</summary>
    private static readonly (Regex Idiom, string Instead)[] Idioms =
    [
        Idiom(@"\b(any|every|no|some)body\b", "name the actor"),
        Idiom(@"\bwho(m|so)?ever\b", "name the actor"),
        Idiom(@"\banew\b", "again; restart"),
        Idiom(@"\b(go|goes|going|gone|went) on\b", "continue, resume"),
        Idiom(@"\b(stand|standing|stands|stood) still\b", "paused, stalled"),
        Idiom(@"\bto be had\b", "available"),
        Idiom(@"\b(heard|tell|telling|tells|told) of\b", "reported"),
        Idiom($@"(?<!\bthere )\b(are|is|was|were) no ({Nouns})s?\b", "not a valid …"),
        Idiom(@"\b(does|had|has|have|knows|sees|takes) (it|that|them) not\b", "lacks it; does not …"),
        Idiom(@"\b(knows|says|sees|takes) not\b", "does not …"),
        Idiom(@"\b(it|that|this|what|which) is none\b", "not a valid …"),
        Idiom(@"\bfor ever\b", "forever, without limit"),
    ];

    [Fact]
    public void Documents_and_scripts_are_in_plain_English() =>
        Texts().SelectMany(static file => HitsIn(file, File.ReadAllText(Repository.At(file)))).ShouldBeEmpty();

    [Fact]
    public void Messages_are_in_plain_English() =>
        Code().SelectMany(static file => HitsIn(file, CSharpText.Of(File.ReadAllText(Repository.At(file))).Literals)).ShouldBeEmpty();

    [Fact]
    public void Comments_are_in_plain_English() =>
        Code().SelectMany(static file => HitsIn(file, CSharpText.Of(File.ReadAllText(Repository.At(file))).Comments)).ShouldBeEmpty();

    [Theory]
    [InlineData("it goes\n  on", 1)]
    [InlineData("ok\n# it goes\n# on", 2)]
    [InlineData("Nobody", 1)]
    [InlineData("it is no file", 1)]
    public void An_idiom_is_found_at_its_line(string text, int line) =>
        HitsIn("page", text).ShouldHaveSingleItem().ShouldStartWith($"page:{line}: ");

    [Theory]
    [InlineData("there is no file")]
    [InlineData("it is no longer there")]
    [InlineData("it goes only")]
    public void Plain_English_is_not(string text) => HitsIn("page", text).ShouldBeEmpty();

    private static IEnumerable<string> Code() => Repository.Files(".cs").Where(static file => Rooms.Contains(file.Split('/')[0]));

    private static IEnumerable<string> Texts() =>
        Repository
            .Files("")
            .Where(static file =>
                file.EndsWith(".md", StringComparison.Ordinal)
                || file is "check" or "run" or "Vagrantfile" or "tests/Guest/cuts" or "tests/Outside/stubs"
                || file.Split('/')[0] is ".ci" or "build" or "templates"
            );

    private static IEnumerable<string> HitsIn(string file, string text) =>
        from idiom in Idioms
        from Match match in idiom.Idiom.Matches(text)
        let line = text.AsSpan(0, match.Index).Count('\n') + 1
        orderby line
        let words = string.Join(' ', match.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        select $"{file}:{line}: \"{words}\"; write: {idiom.Instead}";

    private static (Regex Idiom, string Instead) Idiom(string pattern, string instead) =>
        (
            new Regex(
                pattern.Replace(" ", Gap, StringComparison.Ordinal),
                RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase,
                TimeSpan.FromSeconds(10)
            ),
            instead
        );
}
