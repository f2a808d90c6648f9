using Cloudlet.DesiredState.Oslo;
using Cloudlet.DesiredState.Sections;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.DesiredState.Tests.Oslo;

public sealed class OsloTextSpecs
{
    private static readonly string[] Pieces =
    [
        "",
        "a",
        "0",
        "true",
        "=",
        ":",
        "#",
        ";",
        "[",
        "]",
        "'",
        "\"",
        "\"\"",
        "$x",
        "${secret:s}",
        "%",
        " ",
        "\t",
        "\n",
        "\n\n",
        "\nx",
        "\n#",
        "ü",
        "\\",
        "a b",
        ",",
    ];
    private static readonly string[] Names = ["a", "my_ip", "x-y", "z.0", "Big"];

    [Fact]
    public void Written_options_are_read_unchanged() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(3000),
            Prop.ForAll<int>(seed =>
            {
                var given = Options(new Random(seed));

                var text = OsloText.Of(given);

                Flat(OsloReader.Read(text))
                    .ShouldBe(Flat(given.ToDictionary(s => s.Key, s => s.Value.ToDictionary(o => o.Key, o => o.Value.Texts.ToList()))));
            })
        );

    [Fact]
    public void The_order_in_which_options_are_given_does_not_matter() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll<int>(seed =>
            {
                var random = new Random(seed);
                var given = Options(random);

                var shuffled = given
                    .OrderBy(_ => random.Next())
                    .ToDictionary(
                        s => s.Key,
                        s => (IReadOnlyDictionary<string, OsloValue>)s.Value.OrderBy(_ => random.Next()).ToDictionary()
                    );

                OsloText.Of(shuffled).ShouldBe(OsloText.Of(given));
            })
        );

    [Fact]
    public void DEFAULT_is_first_and_a_repeated_option_is_several_lines() =>
        OsloText
            .Of(
                Table(
                    ("pci", "alias", new OsloValue(["one", "two"])),
                    ("DEFAULT", "debug", "true"),
                    ("Api", "x", ""),
                    ("DEFAULT", "a", "1\n2")
                )
            )
            .ShouldBe("[DEFAULT]\na = 1\n    2\ndebug = true\n\n[Api]\nx =\n\n[pci]\nalias = one\nalias = two\n");

    [Theory]
    [InlineData("my_ip 127.0.0.1 oops")]
    [InlineData("")]
    [InlineData("a=b")]
    [InlineData("a:b")]
    [InlineData("#a")]
    [InlineData("[a")]
    [InlineData("a\nb")]
    [InlineData("ü")]
    public void A_name_that_would_be_read_as_something_else_is_refused(string name) => OsloNames.OptionError(name).ShouldNotBeNull();

    [Theory]
    [InlineData("a\n")]
    [InlineData("a\n\nb")]
    [InlineData("a\n b")]
    [InlineData("a\nb ")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    public void A_value_that_would_not_survive_is_refused(string value) => OsloNames.ValueError(value).ShouldNotBeNull();

    private static Dictionary<string, IReadOnlyDictionary<string, OsloValue>> Options(Random random)
    {
        var options = new Dictionary<string, IReadOnlyDictionary<string, OsloValue>>();
        foreach (var section in new[] { "DEFAULT", "api", "x:y=z", "disk" }.Where(_ => random.Next(3) > 0))
            options[section] = Names
                .Where(_ => random.Next(2) == 0)
                .ToDictionary(n => n, _ => random.Next(3) == 0 ? new OsloValue([Value(random), Value(random)]) : Value(random));
        return options;
    }

    /// <summary>Any value that is accepted.</summary>
    private static string Value(Random random)
    {
        while (true)
        {
            var value = string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            if (OsloNames.ValueError(value) is null)
                return value;
        }
    }

    private static Dictionary<string, IReadOnlyDictionary<string, OsloValue>> Table(
        params (string Section, string Name, OsloValue Value)[] options
    ) =>
        options
            .GroupBy(o => o.Section)
            .ToDictionary(s => s.Key, s => (IReadOnlyDictionary<string, OsloValue>)s.ToDictionary(o => o.Name, o => o.Value));

    private static List<string> Flat(Dictionary<string, Dictionary<string, List<string>>> options) =>
        [
            .. options
                .SelectMany(s => s.Value.SelectMany(o => o.Value.Select((v, i) => $"[{s.Key}] {o.Key} {i} «{v}»")))
                .Order(StringComparer.Ordinal),
        ];
}
