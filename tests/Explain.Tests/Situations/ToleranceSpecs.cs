using System.Text;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Tests.Causes;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Explain.Tests.Situations;

/// <summary>Whatever an exhibit contains, the result is an explanation and never a crash.</summary>
public sealed class ToleranceSpecs
{
    private static readonly string[] Ids =
    [
        .. new Scene().Fault().Flavor().Bundle.Exhibits.Select(e => e.Id),
        ExhibitIds.Journal(Scene.Compute),
        ExhibitIds.Log("nova-scheduler"),
        "unit:x",
        "api:servers/",
        "freshness:",
        "config:/etc/nova/x.conf",
        "unheard:of",
    ];

    /// <summary>JSON of the right structure with values of the wrong types.</summary>
    private static readonly string[] Odd =
    [
        "null",
        "1e999",
        "-1",
        "[]",
        "{}",
        "\"\"",
        "[null, 1, \"x\", [], {}]",
        "true",
        "\"\\ud800\"",
        "99999999999999999999",
        "\"\u202e\u001b[31m\"",
        "{\"a\": {\"a\": {\"a\": []}}}",
    ];

    private static readonly string[] Names =
    [
        "services",
        "hypervisors",
        "server",
        "flavor",
        "resource_providers",
        "inventories",
        "usages",
        "traits",
        "agents",
        "binary",
        "host",
        "state",
        "status",
        "disabled_reason",
        "forced_down",
        "updated_at",
        "hypervisor_hostname",
        "host_ip",
        "service",
        "fault",
        "code",
        "message",
        "created",
        "vcpus",
        "ram",
        "disk",
        "swap",
        "uuid",
        "name",
        "VCPU",
        "total",
        "reserved",
        "allocation_ratio",
        "max_unit",
        "alive",
        "agent_type",
        "ifname",
        "addr_info",
        "local",
    ];

    [Fact]
    public void Any_text_in_any_exhibit() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<string>(),
                Gen.Elements(Ids).ToArbitrary(),
                (text, id) => Explain(new Scene().Fault().Set(id, text ?? ""))
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Any_text_in_every_exhibit() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<string>(),
                text =>
                {
                    var scene = new Scene();
                    foreach (var id in Ids)
                        scene.Set(id, text ?? "");
                    Explain(scene);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Broken_hosts_with_a_part_of_an_exhibit_cut_out_or_doubled()
    {
        var case_ =
            from scene in Gen.Elements(Scenes.All.Select(s => s.Make).ToArray())
            from pick in Gen.Choose(0, 10_000)
            from at in Gen.Choose(0, 10_000)
            from length in Gen.Choose(0, 200)
            from doubled in Gen.Elements(true, false)
            select (scene, pick, at, length, doubled);
        Prop.ForAll(
                case_.ToArbitrary(),
                c =>
                {
                    var scene = c.scene();
                    var exhibits = scene.Bundle.Exhibits;
                    var exhibit = exhibits[c.pick % exhibits.Count];
                    var at = exhibit.Text.Length == 0 ? 0 : c.at % exhibit.Text.Length;
                    var end = Math.Min(exhibit.Text.Length, at + c.length);
                    Explain(
                        scene.Set(
                            exhibit with
                            {
                                Text = c.doubled ? exhibit.Text[..end] + exhibit.Text[at..] : exhibit.Text[..at] + exhibit.Text[end..],
                            }
                        )
                    );
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Answers_with_values_of_any_type()
    {
        var case_ =
            from id in Gen.Elements(
                new Scene()
                    .Fault()
                    .Flavor()
                    .Bundle.Exhibits.Select(e => e.Id)
                    .Where(i => i.Split(':')[0] is "api" or "placement" || i is "links" or "agents")
                    .ToArray()
            )
            from name in Gen.Elements(Names)
            from value in Gen.Elements(Odd)
            select (id, name, value);
        Prop.ForAll(
                case_.ToArbitrary(),
                c =>
                {
                    var scene = new Scene().Fault().Flavor();
                    var text = scene.Bundle.Find(c.id)!.Text;
                    var at = text.IndexOf($"\"{c.name}\":", StringComparison.Ordinal);
                    if (at < 0)
                    {
                        Explain(scene.Set(c.id, $"{{\"{c.name}\": {c.value}}}"));
                        return;
                    }

                    // The value itself may have several parts: try every possible end until the whole is still JSON.
                    var start = at + c.name.Length + 3;
                    var end = text.IndexOfAny([',', '}', ']'], start);
                    Explain(scene.Set(c.id, $"{text[..start]} {c.value}{text[end..]}"));
                    Explain(scene.Set(c.id, $"{text[..start]} {c.value}}}"));
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Any_exhibit_missing_or_without_answer()
    {
        foreach (var (_, _, make) in Scenes.All)
        {
            foreach (var id in make().Bundle.Exhibits.Select(e => e.Id))
            {
                Explain(make().Without(id));
                Explain(make().Dead(id, ErrorKind.PermissionDenied, "not allowed"));
            }
        }
    }

    [Fact]
    public void Missing_exhibits_give_a_healthy_host_no_findings()
    {
        foreach (var id in new Scene().Bundle.Exhibits.Select(e => e.Id))
            new Scene()
                .Without(id)
                .Explained.Findings.Where(f => f.Certainty != Certainty.Possible)
                .Select(f => $"without {id}: {f.Cause}: {f.Summary}")
                .ShouldBeEmpty();
    }

    private static void Explain(Scene scene)
    {
        var explanation = scene.Explained;
        Explanation.Parse(explanation.ToJson()).Findings.Count.ShouldBe(explanation.Findings.Count);
        using var text = new StringWriter(new StringBuilder());
        new ExplanationText(text).Write(explanation);
        text.ToString().Where(c => char.IsControl(c) && c != '\n').ShouldBeEmpty();
    }
}
