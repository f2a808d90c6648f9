using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Links;

namespace Cloudlet.Converge.Tests.Planning;

public class SpecDiffSpecs
{
    private static readonly LinkSpec Link = new()
    {
        Id = "link:a",
        Name = "a",
        Kind = LinkKind.Bridge,
    };

    [Fact]
    public void A_property_that_is_not_wanted_is_not_compared() =>
        SpecDiff.Between(Link, Link with { Mtu = 9000, Addresses = ["10.0.0.1/24"] }).ShouldBeEmpty();

    [Fact]
    public void No_master_and_an_empty_master_are_the_same() =>
        SpecDiff.Between(Link with { Master = "" }, Link with { Master = null }).ShouldBeEmpty();

    [Fact]
    public void Lists_are_sets() =>
        SpecDiff.Between(Link with { Addresses = ["b", "a"] }, Link with { Addresses = ["a", "b"] }).ShouldBeEmpty();

    [Fact]
    public void A_set_shows_extra_and_missing_items()
    {
        var changes = SpecDiff.Between(Link with { Addresses = ["a", "b"] }, Link with { Addresses = ["b", "c"] });
        changes.Select(c => (c.Path, c.From?.ToString(), c.To?.ToString())).ShouldBe([("addresses", "c", null), ("addresses", null, "a")]);
    }

    [Fact]
    public void A_set_that_is_wanted_empty_removes_everything() =>
        SpecDiff.Between(Link with { Addresses = [] }, Link with { Addresses = ["a"] }).Count.ShouldBe(1);

    [Fact]
    public void Order_edges_are_not_compared() => SpecDiff.Between(Link with { After = ["x"], Watches = ["x"] }, Link).ShouldBeEmpty();
}
