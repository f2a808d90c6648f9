using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Tests;

public sealed class TreeSpecs
{
    [Theory]
    [InlineData("links.eth0.mtu", "links|eth0|mtu")]
    [InlineData("files[\"/etc/a.b\"].values[0].x", "files|/etc/a.b|values|0|x")]
    [InlineData("a[1][2]", "a|1|2")]
    [InlineData("[\"a]b\"].c", "a]b|c")]
    public void A_path_has_its_keys(string path, string keys) => string.Join('|', InputTree.Keys(path)).ShouldBe(keys);

    [Fact]
    public void Paths_are_those_of_the_host() =>
        new[] { "hosts.edge-1.links.eth0", "hosts[\"a b\"].links", "hosts.edge-1" }
            .Select(static p => InputTree.PathBelow(p, p.Contains("a b") ? "a b" : "edge-1"))
            .ShouldBe(["links.eth0", "links", ""]);

    [Fact]
    public void A_value_set_below_a_secret_is_secret()
    {
        var tree = MapValue.Empty.With("files", new SecretValue(Trees.Of("""{"/x": {"content": "a"}}""")));

        var changed = InputTree.Set(tree, ["files", "/x", "content"], new TextValue("b"));

        changed.ShouldBe(MapValue.Empty.With("files", new SecretValue(Trees.Of("""{"/x": {"content": "b"}}"""))));
    }

    [Fact]
    public void A_value_that_replaces_a_secret_is_secret() =>
        InputTree
            .Set(MapValue.Empty.With("a", new SecretValue(new TextValue("x"))), ["a"], new TextValue("y"))
            .ShouldBe(MapValue.Empty.With("a", new SecretValue(new TextValue("y"))));

    [Fact]
    public void Secrets_are_removed_from_messages()
    {
        var redaction = new Redaction(
            MapValue.Empty.With("a", new SecretValue(Trees.Of("""{"b": ["geheim-1", "x"], "c": "first line\nsecond line\n"}""")))
        );

        redaction.Clean("found geheim-1, \"x\" and second line in a box").ShouldBe("found [secret], [secret] and [secret] in a box");
    }
}
