using System.Net;
using Cloudlet.Check.Clouds;
using Cloudlet.Errors;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Check.Tests.Clouds;

/// <summary>The addresses of the check's network.</summary>
public sealed class FreeSubnetSpecs
{
    [Fact]
    public void A_network_overlaps_none_that_is_taken()
    {
        var prefixes = Gen.Choose(8, 30)
            .SelectMany(length => Gen.Choose(252, 255).SelectMany(second => Gen.Choose(0, 255).Select(third => (length, second, third))));
        Prop.ForAll(
                prefixes.ArrayOf().ToArbitrary(),
                Gen.Choose(0, 255).ToArbitrary(),
                static (taken, first) =>
                {
                    string[] texts =
                    [
                        .. taken.Where(static t => t.length > 16).Select(static t => Prefix(t.length, t.second, t.third)),
                        "::/0",
                        "x",
                    ];
                    var chosen = FreeSubnet.Choose(texts, (byte)first);
                    return chosen.PrefixLength == 24
                        && !texts[..^2].Select(IPNetwork.Parse).Any(t => t.Contains(chosen.BaseAddress) || chosen.Contains(t.BaseAddress));
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_first_choice_is_kept_when_it_is_free() => FreeSubnet.Choose(["10.254.8.0/24"], 7).ToString().ShouldBe("10.254.7.0/24");

    [Fact]
    public void A_cloud_that_uses_everything_is_an_error() =>
        Should.Throw<CloudletException>(static () => FreeSubnet.Choose(["10.0.0.0/8"], 0)).Kind.ShouldBe(ErrorKind.Obstructed);

    private static string Prefix(int length, int second, int third)
    {
        var bits = (10u << 24) | ((uint)second << 16) | ((uint)third << 8);
        bits &= uint.MaxValue << (32 - length);
        return $"{bits >> 24}.{(bits >> 16) & 255}.{(bits >> 8) & 255}.{bits & 255}/{length}";
    }
}
