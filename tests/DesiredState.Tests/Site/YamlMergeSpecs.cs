using System.Text;
using Cloudlet.DesiredState.Site.Yaml;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.DesiredState.Tests.Site;

public sealed class YamlMergeSpecs
{
    private static readonly YamlMapping Empty = new(default, []);

    [Theory]
    [InlineData("{a: 1}", "{b: 2}", "{a: 1, b: 2}")]
    [InlineData("{a: 1}", "{a: 2}", "{a: 2}")]
    [InlineData("{a: {b: 1, c: 2}}", "{a: {c: 3}}", "{a: {b: 1, c: 3}}")]
    [InlineData("{a: [1, 2]}", "{a: [3]}", "{a: [3]}")]
    [InlineData("{a: {b: 1}}", "{a: ~}", "{a: ~}")]
    [InlineData("{a: ~}", "{a: {b: 1}}", "{a: !{b: 1}}")]
    [InlineData("{a: {b: 1}}", "{a: {}}", "{a: {b: 1}}")]
    public void The_upper_layer_wins_key_by_key(string lower, string upper, string expected) =>
        Text(YamlMerge.Merge(Read(lower), Read(upper))).ShouldBe(expected);

    [Fact]
    public void A_removal_is_not_undone_by_later_layers()
    {
        var removedThenGivenAnew = YamlMerge.Merge(Read("{a: ~}"), Read("{a: {c: 2}}"));

        Text(YamlMerge.Merge(Read("{a: {b: 1}}"), removedThenGivenAnew)).ShouldBe("{a: !{c: 2}}");
    }

    [Fact]
    public void Merging_is_associative() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000),
            Prop.ForAll<int>(seed =>
            {
                var random = new Random(seed);
                var (a, b, c) = (Tree(random, 3), Tree(random, 3), Tree(random, 3));

                Text(YamlMerge.Merge(YamlMerge.Merge(a, b), c)).ShouldBe(Text(YamlMerge.Merge(a, YamlMerge.Merge(b, c))));
            })
        );

    [Fact]
    public void An_empty_mapping_is_neutral() =>
        Check.One(
            Config.QuickThrowOnFailure,
            Prop.ForAll<int>(seed =>
            {
                var tree = Tree(new Random(seed), 3);

                Text(YamlMerge.Merge(tree, Empty)).ShouldBe(Text(tree));
                Text(YamlMerge.Merge(Empty, tree)).ShouldBe(Text(tree));
            })
        );

    private static YamlMapping Tree(Random random, int depth)
    {
        var entries = new List<YamlEntry>();
        foreach (var key in new[] { "a", "b", "c" })
        {
            YamlNode? value = random.Next(depth > 0 ? 6 : 3) switch
            {
                0 => null,
                1 => new YamlScalar(default, "~", isPlain: true),
                2 => new YamlScalar(default, $"{random.Next(3)}", isPlain: true),
                _ => Tree(random, depth - 1),
            };
            if (value is not null)
                entries.Add(new YamlEntry(key, default, value));
        }

        return new YamlMapping(default, entries);
    }

    private static YamlMapping Read(string text) => (YamlMapping)YamlReader.Read("test.yaml", text, [])!;

    /// <summary>Flow style, keys sorted; '!' before a mapping that hides the lower layers.</summary>
    private static string Text(YamlNode node)
    {
        var text = new StringBuilder();
        if (node is YamlScalar scalar)
            text.Append(scalar.Text);
        else if (node is YamlSequence list)
            text.Append('[').AppendJoin(", ", list.Items.Select(Text)).Append(']');
        else if (node is YamlMapping mapping)
            text.Append(mapping.Replaces ? "!{" : "{")
                .AppendJoin(", ", mapping.Entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}: {Text(e.Value)}"))
                .Append('}');
        return text.ToString();
    }
}
