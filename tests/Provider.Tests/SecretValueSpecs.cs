using System.Text;
using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.Provider.Resources;
using Cloudlet.Provider.Settings;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Tests;

/// <summary>Values of secrets that a program gives: beside the description, and nowhere in clear.</summary>
public sealed class SecretValueSpecs
{
    private const string Sesame = "Xq7-open-sesame";
    private const string Other = "Zw9-another-word";
    private const string Host = """{"secrets": {"db": {"mode": "0640"}, "path": "/etc/path", "made": {"generate": 32}}}""";
    private static readonly CancellationToken Ct = TestContext.Current.CancellationToken;

    public static TheoryData<PropertyValue, bool> Secrets =>
        new()
        {
            { new SecretValue(new TextValue(Sesame)), true },
            { new OutputValue(new TextValue(Sesame), IsSecret: true, []), true },
            { new TextValue(Sesame), false },
            { new OutputValue(new TextValue(Sesame), IsSecret: false, []), false },
        };

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_value_must_be_secret(PropertyValue value, bool isSecret)
    {
        var (state, problems) = Given(value).Compile();

        (state is not null).ShouldBe(isSecret);
        if (isSecret)
            return;
        var problem = problems.ShouldHaveSingleItem();
        problem.Path.ShouldBe("secrets.db.value");
        problem.Reason.ShouldContain("must be secret");
        problem.ToString().ShouldNotContain(Sesame);
    }

    [Fact]
    public void Below_a_secret_everything_is_secret()
    {
        var inputs = new HostInputs(
            MapValue.Empty.With("secrets", new SecretValue(Trees.Of($$$"""{"db": {"value": "{{{Sesame}}}"}}"""))),
            "edge-1"
        );

        inputs.Compile().Problems.ShouldBeEmpty();
        inputs.Secrets!.Find("db").ShouldBe(Sesame);
    }

    [Theory]
    [InlineData("a\nb", "more than one line")]
    [InlineData("", "empty")]
    public void A_value_is_one_line(string value, string reason) =>
        Given(new SecretValue(new TextValue(value))).Compile().Problems.ShouldHaveSingleItem().Reason.ShouldContain(reason);

    [Fact]
    public void A_value_is_text_and_the_only_source()
    {
        Given(new SecretValue(new NumberValue(7))).Compile().Problems.ShouldHaveSingleItem().Reason.ShouldBe("expected text");
        Given(new SecretValue(new TextValue(Sesame)), "made")
            .Compile()
            .Problems.ShouldContain(
                new Resources.InputProblem("secrets.made.value", "a value excludes every other source; give one of them")
            );
        Given(PropertyValue.Null).Compile().Problems.ShouldHaveSingleItem().Path.ShouldBe("secrets.db");
    }

    [Fact]
    public void A_value_that_is_not_known_yet_is_no_problem() =>
        Given(new OutputValue(null, IsSecret: true, [])).Compile().Problems.ShouldBeEmpty();

    [Fact]
    public void The_description_has_no_part_of_it()
    {
        var state = Known.Compile().State.ShouldNotBeNull();

        state.Digest.ShouldBe(Given(new SecretValue(new TextValue(Other))).Compile().State!.Digest);
        Encoding.UTF8.GetString(state.ToBytes()).ShouldNotContain(Sesame);
        state.Resources.Select(static r => r.Id).ShouldBe(["secret:db", "secret:made"]);
    }

    [Theory]
    [InlineData(HostVerb.Plan)]
    [InlineData(HostVerb.Apply)]
    internal async Task It_travels_beside_the_description_and_is_an_output_only_as_a_secret(HostVerb verb)
    {
        AgentRequest? asked = null;
        var hosts = new FakeHosts(
            (request, sink, _) =>
            {
                asked = request;
                sink(new Planned("d", 2, []));
                sink(new Finished(RunResult.Unchanged, "d", 0, 0, 0, 1));
                return Task.CompletedTask;
            }
        );
        var resource = new HostResource(hosts, new ProviderSettings());
        var told = new List<string>();

        var result =
            verb == HostVerb.Apply
                ? await resource.ConvergeAsync(Known, p => told.Add(p.Text), Ct)
                : await resource.ReadAsync("local", Known, MapValue.Empty, p => told.Add(p.Text), Ct);

        asked!.Verb.ShouldBe(verb);
        asked.Secrets!.Names.ShouldBe(["db"]);
        asked.Secrets.Find("db").ShouldBe(Sesame);
        asked.ToString().ShouldNotContain(Sesame);
        InputTree.Find(result.Outputs, "secrets", "db", "value").ShouldBe(new SecretValue(new TextValue(Sesame)));
        result.Outputs.ToString().ShouldNotContain(Sesame);
        InputTree.SecretTexts(new MapValue(result.Outputs.Entries.Remove("secrets"))).ShouldAllBe(static t => !t.Contains(Sesame));
        told.ShouldAllBe(static t => !t.Contains(Sesame));
    }

    [Fact]
    public async Task A_preview_plans_with_it()
    {
        AgentRequest? asked = null;
        var hosts = new FakeHosts(
            (request, sink, _) =>
            {
                asked = request;
                sink(new Planned("d", 2, []));
                return Task.CompletedTask;
            }
        );

        await new HostResource(hosts, new ProviderSettings()).PreviewAsync(Known, static _ => { }, Ct);

        asked!.Secrets!.Find("db").ShouldBe(Sesame);
    }

    [Fact]
    public void Another_value_is_a_change_of_that_property_alone()
    {
        var after = Given(new SecretValue(new TextValue(Other)));
        var state = Known.Compile().State!;
        var outputs = HostOutputs.Of(Known, state, ObservedHost.AsDescribed(state), new HostHealth(HostHealth.AsDescribed, []));

        var entry = HostDiff.Between(after, Known.Tree, outputs, []).ShouldHaveSingleItem();

        (entry.Path, entry.Kind, entry.IsInput).ShouldBe(("secrets.db.value", DiffKind.Update, true));
        HostDiff.Between(Known, Known.Tree, outputs, []).ShouldBeEmpty();
    }

    [Fact]
    public void A_file_that_was_changed_on_the_host_is_drift_of_that_property()
    {
        var state = Known.Compile().State!;
        var change = new ResourceChange("secret:db", ChangeAction.Update, [new PropertyChange("value", "content differs", "current")]);
        var observed = ObservedHost.After(state, [change]);
        var outputs = HostOutputs.Of(Known, state, observed, new HostHealth(HostHealth.Drifted, []));

        var entry = HostDiff.Between(Known, Known.Tree, outputs, []).ShouldHaveSingleItem();

        (entry.Path, entry.Kind, entry.IsInput).ShouldBe(("secrets.db.value", DiffKind.Update, false));
    }

    private static HostInputs Known => Given(new SecretValue(new TextValue(Sesame)));

    private static HostInputs Given(PropertyValue value, string name = "db") =>
        new((MapValue)InputTree.Set(Trees.Of(Host), ["secrets", name, "value"], value), "edge-1");
}
