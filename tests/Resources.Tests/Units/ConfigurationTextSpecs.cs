using System.Text;
using Cloudlet.Resources.Kinds.Units.Configuration;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Resources.Tests.Units;

public sealed class ConfigurationTextSpecs
{
    private static readonly StampKey Key = new(new byte[StampKey.Length]);

    private static readonly Gen<(string Section, string Key)> Names =
        from section in Gen.Elements("DEFAULT", "libvirt", "oslo_messaging", "a.b")
        from key in Gen.Elements("my_ip", "debug", "x", "y-1", "z.9")
        select (section, key);

    private static readonly Gen<Dictionary<(string Section, string Key), string[]>> Options =
        from names in Names.ListOf()
        from values in Gen.Elements("", "1", "a = b", "# no comment", "[x]", "ü", "two\nlines").NonEmptyListOf().ArrayOf(names.Count)
        select names.Zip(values).DistinctBy(o => o.First).ToDictionary(o => o.First, o => o.Second.ToArray());

    [Theory]
    [InlineData("a=1", "DEFAULT.a=1")]
    [InlineData("\ufeffa = 1\r\n[s]\r\nb\t=  2 3  \r\n", "DEFAULT.a=1|s.b=2 3")]
    [InlineData("a=1\n[DEFAULT]\na=2\n", "DEFAULT.a=1,2")]
    [InlineData("a = 1\n  2\n\t3\n\n  # comment\n ; too\n#b=1", "DEFAULT.a=1\n2\n3")]
    [InlineData("a = 1\n  # a value to oslo.config", "DEFAULT.a=1\n# a value to oslo.config")]
    [InlineData("a = b = c", "DEFAULT.a=b = c")]
    [InlineData("a =\n", "DEFAULT.a=")]
    [InlineData("", "")]
    public void Options_are_read(string text, string expected) =>
        string.Join('|', Parse(text)!.Options.Select(o => $"{o.Key}={string.Join(',', o.Value.Select(v => v.Text))}")).ShouldBe(expected);

    [Theory]
    [InlineData("server 10.0.0.1 iburst", "a line that is not a section, option or comment")]
    [InlineData("my_ip 127.0.0.1 oops = x", "an option name with spaces; is an '=' missing?")]
    [InlineData("[libvirt", "a section header without a closing bracket")]
    [InlineData("= x", "a value without an option name")]
    [InlineData("\n  word", "an indented line without an option above it")]
    [InlineData("  a = 1", null)]
    [InlineData("a: 1", null)]
    [InlineData("set a = 1", null)]
    [InlineData("net/ipv4 = 1", null)]
    [InlineData("[a] ; b", null)]
    public void Lines_of_other_formats_differ_from_broken_ones(string line, string? problem)
    {
        Parse(line).ShouldBeNull();
        ConfigurationText.Read(Encoding.UTF8.GetBytes(line))!.Odd.ShouldHaveSingleItem().Problem.ShouldBe(problem);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'=', 0 })]
    [InlineData(new byte[] { (byte)'a', (byte)'=', 0xff })]
    public void Content_that_is_not_text_is_not_read(byte[] content) => ConfigurationText.Read(content).ShouldBeNull();

    [Fact]
    public void A_repeated_section_counts_twice() =>
        Stamp("[Route]\nGateway=a\nDestination=x\n[Route]\nGateway=b\n")
            .Canonical.ShouldNotBe(Stamp("[Route]\nGateway=a\n[Route]\nGateway=b\nDestination=x\n").Canonical);

    [Fact]
    public void A_name_that_fits_two_sections_is_two_options() =>
        Stamp("[a.b]\nc=1\n").Canonical.ShouldNotBe(Stamp("[a]\nb.c=1\n").Canonical);

    [Fact]
    public void Every_rendering_of_the_same_options_has_the_same_digest() =>
        Prop.ForAll(
                Options.ToArbitrary(),
                ArbMap.Default.ArbFor<int>(),
                (options, seed) =>
                {
                    var (one, other) = (Stamp(Render(options, new Random(seed))), Stamp(Render(options, new Random(seed + 1))));
                    return one.Canonical is not null && one.Equivalent(other) && one.Changed(other)!.Count == 0;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void A_change_of_one_option_changes_the_digest_and_only_it_is_named() =>
        Prop.ForAll(
                Options.ToArbitrary(),
                Names.ToArbitrary(),
                ArbMap.Default.ArbFor<int>(),
                (options, name, seed) =>
                {
                    // Changed if it exists, else added; in the other direction, removed.
                    var edited = new Dictionary<(string, string), string[]>(options)
                    {
                        [name] = [.. options.GetValueOrDefault(name, []), "new"],
                    };
                    var (before, after) = (Stamp(Render(options, new Random(seed))), Stamp(Render(edited, new Random(seed + 1))));
                    string[] expected = [$"{name.Section}.{name.Key}"];
                    return !before.Equivalent(after)
                        && before.Changed(after)!.SequenceEqual(expected)
                        && after.Changed(before)!.SequenceEqual(expected);
                }
            )
            .QuickCheckThrowOnFailure();

    private static ConfigurationText? Parse(string text) => ConfigurationText.Parse(Encoding.UTF8.GetBytes(text));

    private static FileStamp Stamp(string text) => Key.Stamp(new LoadedFile("/x", Encoding.UTF8.GetBytes(text), ""));

    /// <summary>
    /// Sections and keys in any order, with comments, blank lines and insignificant spaces. The values of one key keep their order.
    /// </summary>
    private static string Render(Dictionary<(string Section, string Key), string[]> options, Random random)
    {
        var text = new StringBuilder();
        foreach (var section in options.GroupBy(o => o.Key.Section).OrderBy(s => s.Key != "DEFAULT").ThenBy(_ => random.Next()))
        {
            if (section.Key != "DEFAULT" || random.Next(2) == 0)
                text.Append($"[{section.Key}]\n");
            foreach (var (name, values) in section.OrderBy(_ => random.Next()))
            foreach (var value in values)
                text.Append(Noise(random))
                    .Append(
                        $"{name.Key}{Spaces(random)}={Spaces(random)}{value.Replace("\n", "\n" + Spaces(random) + " ")}{Spaces(random)}\n"
                    );
        }

        return text.Append(Noise(random)).ToString();
    }

    private static string Noise(Random random) =>
        random.Next(4) switch
        {
            0 => "# comment = 1\n",
            1 => "\n; x\n",
            2 => " \n  # indented\n",
            _ => "",
        };

    private static string Spaces(Random random) => new(' ', random.Next(3));
}
