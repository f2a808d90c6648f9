using Cloudlet.Converge.Plans;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Values;
using ObservedHost = Cloudlet.Provider.Resources.ObservedHost;

namespace Cloudlet.Provider.Tests;

/// <summary>A difference is shown at its property, whether the program changed it or something on the host.</summary>
public sealed class DiffSpecs
{
    private const string Host =
        """{"name": "edge-1", "reach": "ssh://root@edge", "links": {"br0": {"kind": "bridge", "mtu": 1400, "addresses": ["10.0.0.1/24"]}}, "files": {"/etc/x": {"content": "y"}}}""";

    [Fact]
    public void Equal_inputs_give_no_diff() => Diff(Host, Host).ShouldBeEmpty();

    [Theory]
    [InlineData("1400", "1300", "links.br0.mtu:Update:True:False")]
    [InlineData("\"/etc/x\": {\"content\": \"y\"}", "", "files[\"/etc/x\"]:Delete:True:False")]
    [InlineData("[\"10.0.0.1/24\"]", "[\"10.0.0.1/24\", \"10.0.0.2/24\"]", "links.br0.addresses[1]:Add:True:False")]
    [InlineData("ssh://root@edge", "ssh://root@other", "reach:Update:True:True")]
    [InlineData("ssh://root@edge", "ssh://admin@EDGE", "reach:Update:True:False")]
    public void A_change_of_the_description_is_a_change_of_the_inputs(string from, string to, string expected) =>
        Diff(Host, Host.Replace(from, to, StringComparison.Ordinal)).ShouldBe([expected]);

    [Fact]
    public void Drift_is_shown_at_its_property() =>
        Diff(Host, Host, new ResourceChange("link:br0", ChangeAction.Update, [new PropertyChange("mtu", 1200, 1400)]))
            .ShouldBe(["links.br0.mtu:Update:False:False"]);

    [Fact]
    public void Drift_and_a_change_of_the_description_are_distinguished() =>
        Diff(
                Host,
                Host.Replace("1400", "1300", StringComparison.Ordinal),
                new ResourceChange("file:/etc/x", ChangeAction.Update, [new PropertyChange("mode", "0600", "0644")])
            )
            .ShouldBe(["files[\"/etc/x\"].mode:Delete:False:False", "links.br0.mtu:Update:True:False"]);

    [Fact]
    public void A_missing_resource_is_added() =>
        Diff(Host, Host, new ResourceChange("file:/etc/x", ChangeAction.Create, [])).ShouldBe(["files[\"/etc/x\"]:Add:False:False"]);

    [Fact]
    public void An_undescribed_resource_is_removed() =>
        Diff(Host, Host, new ResourceChange("link:stray", ChangeAction.Remove, []))
            .ShouldBe(["observed[\"link:stray\"]:Delete:False:False"]);

    [Fact]
    public void A_value_that_becomes_secret_changes()
    {
        var before = Trees.Of(Host);
        var after = (MapValue)InputTree.Set(before, ["files", "/etc/x", "content"], null);
        after = (MapValue)InputTree.Set(after, ["files", "/etc/x", "content"], new SecretValue(new TextValue("y")));

        TreeDiff.Between(before, after).Select(static c => c.Path).ShouldBe(["files[\"/etc/x\"].content"]);
    }

    [Fact]
    public void Outputs_show_the_found_values_at_the_paths_of_the_inputs()
    {
        var inputs = Trees.Inputs(Host);
        var desired = inputs.Compile().State!;
        var observed = ObservedHost.After(
            desired,
            [
                new ResourceChange(
                    "link:br0",
                    ChangeAction.Update,
                    [new PropertyChange("mtu", 1200, 1400), new PropertyChange("addresses", "10.9.9.9/8", null)]
                ),
                new ResourceChange("file:/etc/x", ChangeAction.Update, [new PropertyChange("content", "somebody's words", "y")]),
            ]
        );

        var outputs = HostOutputs.Of(inputs, desired, observed, new HostHealth(HostHealth.Drifted, []));

        InputTree.Find(outputs, "links", "br0", "mtu").ShouldBe(new NumberValue(1200));
        ((ListValue)InputTree.Find(outputs, "links", "br0", "addresses")!)
            .Items.Select(static i => i.ToString())
            .ShouldBe(["\"10.0.0.1/24\"", "\"10.9.9.9/8\""], ignoreOrder: true);
        outputs.ToString().ShouldNotContain("somebody's words");
    }

    private static IEnumerable<string> Diff(string before, string after, params IReadOnlyList<ResourceChange> drift)
    {
        var (old, news) = (Trees.Inputs(before), Trees.Inputs(after));
        var desired = old.Compile().State!;
        var outputs = HostOutputs.Of(old, desired, ObservedHost.After(desired, drift), new HostHealth(HostHealth.AsDescribed, []));
        return HostDiff.Between(news, old.Tree, outputs, []).Select(static e => $"{e.Path}:{e.Kind}:{e.IsInput}:{e.Replaces}");
    }
}
