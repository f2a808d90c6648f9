using Cloudlet.Explain.Causes;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Tests.Causes;

public sealed class ConfusionSpecs
{
    public static TheoryData<string> Names => [.. Scenes.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_first_finding_is_the_cause(string name)
    {
        var (_, cause, make) = Scenes.All.Single(s => s.Name == name);

        var explanation = make().Explained;

        var first = explanation.Findings is [var found, ..] ? found : null;
        first.ShouldNotBeNull();
        first.Cause.ShouldBe(cause, string.Join(", ", explanation.Findings.Select(f => $"{f.Cause} ({f.Certainty})")));
        first.FollowsFrom.ShouldBeNull();
        explanation
            .Findings.Where(f => f.FollowsFrom is null && f.Certainty == Certainty.Sure)
            .Select(f => f.Cause)
            .ShouldBeSubsetOf([cause]);
    }

    [Fact]
    public void Without_an_unrelated_exhibit_the_cause_is_still_first_or_nothing_is_found_and_the_exhibit_is_unknown()
    {
        List<string> wrong = [];
        var nothing = 0;
        foreach (var (name, cause, make) in Scenes.All)
        {
            var cited = make().Explained.Findings[0].Evidence.Select(e => e.Exhibit).ToHashSet();
            foreach (var id in make().Bundle.Exhibits.Select(e => e.Id).Where(id => !cited.Contains(id)))
            {
                var explanation = make().Without(id).Explained;
                if (explanation.Findings is [] && explanation.Unknowns.Any(u => u.Exhibit == id))
                    nothing++;
                else if (explanation.Findings is not [var first, ..] || first.Cause != cause)
                    wrong.Add($"{name} without {id}: {string.Join(", ", explanation.Findings.Select(f => $"{f.Cause} ({f.Certainty})"))}");
            }
        }

        wrong.ShouldBeEmpty();
        nothing.ShouldBeLessThan(Scenes.All.Count / 4);
    }

    [Fact]
    public void Every_cause_has_a_scene() => Enum.GetValues<CauseKind>().Except(Scenes.All.Select(s => s.Cause)).ShouldBeEmpty();

    [Fact]
    public void Every_finding_has_evidence_from_the_bundle_and_says_what_to_do()
    {
        foreach (var (name, _, make) in Scenes.All)
        {
            var scene = make();
            foreach (var finding in scene.Explained.Findings)
            {
                finding.Evidence.ShouldNotBeEmpty(name);
                foreach (var evidence in finding.Evidence)
                {
                    scene.Bundle.Find(evidence.Exhibit).ShouldNotBeNull($"{name}: {finding.Cause}: {evidence.Exhibit}");
                    evidence.Quote.ShouldNotBeNullOrWhiteSpace($"{name}: {finding.Cause}: {evidence.Exhibit}");
                }

                (finding.Heals.Length > 0 && finding.Remedy.Length > 0 && finding.Subject.Length > 0).ShouldBeTrue(name);
            }
        }
    }

    [Fact]
    public void Every_cause_is_looked_for_once() =>
        AllCauses.InOrder.Select(c => c.Kind).ShouldBe(Enum.GetValues<CauseKind>(), ignoreOrder: true);

    [Fact]
    public void No_cause_follows_from_its_own_consequences()
    {
        var reaches = AllCauses.InOrder.ToDictionary(c => c.Kind, c => c.Explains.ToHashSet());
        foreach (var through in reaches.Keys)
        {
            foreach (var from in reaches.Values.Where(r => r.Contains(through)))
                from.UnionWith(reaches[through]);
        }

        reaches.Where(r => r.Value.Contains(r.Key)).Select(r => r.Key).ShouldBeEmpty();
    }
}
