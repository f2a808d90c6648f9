using System.Text;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Tests.Boot;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.DesiredState.Tests.Compile;

public class HostStateSpecs
{
    [Fact]
    public void Canonical_bytes_and_digest_are_pinned()
    {
        // A difference here means that every host sees a new state after an upgrade, or that the format needs a new version.
        var state = HostState.Create(
            "edge-1",
            [
                new PackageSpec
                {
                    Id = "package:chrony",
                    Name = "chrony",
                    Installed = true,
                },
                new LinkSpec
                {
                    Id = "link:é0",
                    Name = "é0",
                    Kind = LinkKind.Dummy,
                    Addresses = ["fd00::1/64", "10.0.0.1/24"],
                    After = ["package:chrony"],
                },
            ]
        );
        Encoding
            .UTF8.GetString(state.ToBytes())
            .ShouldBe(
                """{"version":1,"host":"edge-1","resources":[{"resource":"link","id":"link:é0","name":"é0","kind":"dummy","addresses":["10.0.0.1/24","fd00::1/64"],"foreignAddresses":"keep","after":["package:chrony"],"watches":[]},{"resource":"package","id":"package:chrony","name":"chrony","installed":true,"after":[],"watches":[]}]}"""
            );
        state.Digest.ShouldBe("sha256:02af7d8b87978a9437d0151bde0ab8a0c03c75c637d8f3c533e55e4769c894cb");
    }

    [Fact]
    public void The_bytes_read_back_are_the_same_state()
    {
        foreach (var sample in SampleLinks.Names)
        {
            var state = TestHost.State(new HostSection { Links = SampleLinks.Of(sample) });
            HostState.Parse(state.ToBytes()).ShouldBe(state);
            HostState.Parse(Encoding.UTF8.GetBytes(state.ToIndentedJson())).ShouldBe(state);
        }
    }

    [Fact]
    public void The_order_of_declarations_does_not_matter() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<int>(),
                Gen.Elements(SampleLinks.Names).ToArbitrary(),
                Gen.Elements(BootNetwork.Networkd, BootNetwork.Ifupdown).ToArbitrary(),
                (seed, sample, boot) =>
                {
                    var random = new Random(seed);
                    var ordered = new HostSection
                    {
                        Boot = boot,
                        Links = SampleLinks.Of(sample),
                        Modules = Modules(),
                        Packages = Packages(),
                    };
                    var shuffled = new HostSection
                    {
                        Boot = boot,
                        Links = Shuffle(SampleLinks.Of(sample).Select(l => KeyValuePair.Create(l.Key, Shuffle(l.Value, random))), random),
                        Modules = Shuffle(Modules(), random),
                        Packages = Shuffle(Packages(), random),
                    };
                    return TestHost.State(ordered).Digest == TestHost.State(shuffled).Digest;
                }
            )
            .QuickCheckThrowOnFailure();

    private static Dictionary<string, ModuleSection?> Modules() =>
        new()
        {
            ["dummy"] = new()
            {
                Options = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
            },
            ["8021q"] = null,
            ["bridge"] = null,
        };

    private static Dictionary<string, PackageSection?> Packages() =>
        new()
        {
            ["chrony"] = null,
            ["vim"] = new() { Version = "2:9.0" },
            ["nano"] = new() { Installed = false },
        };

    private static LinkSection Shuffle(LinkSection link, Random random) =>
        link with
        {
            Addresses = Shuffle(link.Addresses, random),
            Routes = Shuffle(link.Routes, random),
            Ports = Shuffle(link.Ports, random),
        };

    private static T[]? Shuffle<T>(IReadOnlyList<T>? items, Random random) => items?.OrderBy(_ => random.Next()).ToArray();

    private static Dictionary<string, T> Shuffle<T>(IEnumerable<KeyValuePair<string, T>> items, Random random) =>
        new(items.OrderBy(_ => random.Next()));
}
