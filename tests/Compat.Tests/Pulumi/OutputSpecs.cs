using System.Collections.Immutable;
using Cloudlet.Wire.Values;
using Pulumi;

namespace Compat.Tests.Pulumi;

/// <summary>Outputs, checked by what a stack exports.</summary>
public sealed class OutputSpecs
{
    private static readonly string[] Letters = ["a", "b"];

    [Fact]
    public async Task A_value_passes_through_functions_tasks_and_outputs() =>
        (
            await Export(static () =>
                Output
                    .Create(20)
                    .Apply(static v => v + 1)
                    .Apply(static v => Task.FromResult(v * 2))
                    .Apply(static v => Output.Create($"{v}"))
            )
        ).ShouldBe(new TextValue("42"));

    [Fact]
    public async Task Several_outputs_become_one()
    {
        (await Export(static () => Output.Tuple(Output.Create("a"), Output.Create(1)).Apply(static v => v.Item1 + v.Item2))).ShouldBe(
            new TextValue("a1")
        );
        (await Export(static () => Output.All(Output.Create("a"), Output.Create("b")))).ShouldBe(List("a", "b"));
        (await Export(static () => Output.Format($"x={Output.Create(5)} y={Output.Create("z")} {{{7:000}}}"))).ShouldBe(
            new TextValue("x=5 y=z {007}")
        );
        (await Export(static () => Output.Create(ImmutableArray.Create("a", "b", "c")).GetAt(1))).ShouldBe(new TextValue("b"));
    }

    [Fact]
    public async Task Json_is_written_and_read()
    {
        (await Export(static () => Output.JsonSerialize(Output.Create(Letters)))).ShouldBe(new TextValue("""["a","b"]"""));
        (
            await Export(static () =>
                Output.JsonDeserialize<Dictionary<string, int>>(Output.Create("""{"a":1}""")).Apply(static d => d["a"])
            )
        ).ShouldBe(new NumberValue(1));
    }

    [Fact]
    public async Task An_output_inside_a_value_is_not_written_as_an_empty_object()
    {
        var engine = new FakeEngine();
        (
            await engine.RunAsync(static () =>
                Deployment.RunAsync(static () =>
                {
                    Output.JsonSerialize(Output.Create(new Dictionary<string, object> { ["k"] = Output.Create(1) }));
                })
            )
        ).ShouldBe(32);
        engine.Errors.ShouldContain("join the outputs with Output.All");
    }

    [Fact]
    public async Task A_value_made_from_a_secret_is_secret_until_declared_otherwise()
    {
        var secret = new SecretValue(new TextValue("s!"));
        (await Export(static () => Output.CreateSecret("s").Apply(static s => s + "!"))).ShouldBe(secret);
        (await Export(static () => Output.Format($"{Output.CreateSecret("s")}!"))).ShouldBe(secret);
        (await Export(static () => Output.Create("!").Apply(static x => Output.CreateSecret("s").Apply(s => s + x)))).ShouldBe(secret);
        (await Export(static () => Output.Unsecret(Output.CreateSecret("s").Apply(static s => s + "!")))).ShouldBe(new TextValue("s!"));
        (await Export(static () => Output.Create(Output.IsSecretAsync(Output.CreateSecret(1))))).ShouldBe(new BooleanValue(true));
    }

    [Fact]
    public async Task An_unknown_value_is_not_passed_to_functions_and_keeps_its_secrecy()
    {
        var called = false;
        var engine = new FakeEngine { IsPreview = true };
        (
            await engine.RunAsync(() =>
                Deployment.RunAsync(() =>
                {
                    var thing = new Thing("one");
                    return new Dictionary<string, object?>
                    {
                        ["id"] = thing.Id.Apply(id =>
                        {
                            called = true;
                            return id;
                        }),
                        ["secretId"] = Output.Tuple(thing.Id, Output.CreateSecret("s")).Apply(static v => v.Item1 + v.Item2),
                        ["known"] = thing.Urn.Apply(static urn => urn.Length > 0),
                    };
                })
            )
        ).ShouldBe(0, engine.Errors);
        called.ShouldBeFalse();
        engine.Exports["id"].ShouldBe(PropertyValue.Unknown);
        engine.Exports["secretId"].ShouldBe(new SecretValue(PropertyValue.Unknown));
        engine.Exports["known"].ShouldBe(new BooleanValue(true));
    }

    [Fact]
    public async Task An_unknown_item_leaves_the_rest_of_a_list_and_a_map_known()
    {
        var engine = new FakeEngine { IsPreview = true };
        (
            await engine.RunAsync(() =>
                Deployment.RunAsync(static () =>
                {
                    var first = new Thing("first");
                    InputList<string> more = new[] { "c", "d" };
                    var args = new ThingArgs
                    {
                        List = { "a", first.Id },
                        Map =
                        {
                            { "x", 1 },
                            { "y", first.Id },
                            { "z", new[] { "q" } },
                        },
                    };
                    args.List.AddRange(more);
                    _ = new Thing("second", args);
                })
            )
        ).ShouldBe(0, engine.Errors);
        engine
            .Inputs("second")["list"]
            .ShouldBe(new ListValue([new TextValue("a"), PropertyValue.Unknown, new TextValue("c"), new TextValue("d")]));
        engine
            .Inputs("second")["map"]
            .ShouldBe(MapValue.Empty.With("x", new NumberValue(1)).With("y", PropertyValue.Unknown).With("z", List("q")));
        engine["second"].PropertyDependencies["list"].Urns.ShouldBe(["urn:pulumi:dev::proj::test:index:Thing::first"]);
        engine["second"].PropertyDependencies["size"].Urns.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_text_of_an_output_is_a_warning_and_never_the_value()
    {
        var text = "";
        await new FakeEngine().RunAsync(() =>
            Deployment.RunAsync(() =>
            {
                text = $"{Output.CreateSecret("hunter2")} {(Input<string>)"hunter2"}";
            })
        );
        text.ShouldContain("Calling [ToString] on an [Output<T>] is not supported");
        text.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_failure_of_an_unused_output_still_fails_the_program()
    {
        var engine = new FakeEngine();
        (
            await engine.RunAsync(() =>
                Deployment.RunAsync(static () =>
                {
                    Output.Create(1).Apply(static v => v > 0 ? throw new InvalidTimeZoneException("unseen") : v);
                })
            )
        ).ShouldBe(32);
        engine.Errors.ShouldContain("InvalidTimeZoneException: unseen");
        engine.Calls.ShouldNotContain("SignalAndWaitForShutdown");
    }

    private static async Task<PropertyValue> Export(Func<object?> make)
    {
        var engine = new FakeEngine();
        (await engine.RunAsync(() => Deployment.RunAsync(() => new Dictionary<string, object?> { ["it"] = make() }))).ShouldBe(
            0,
            engine.Errors
        );
        return engine.Exports["it"]!;
    }

    private static ListValue List(params string[] texts) => new([.. texts.Select(static t => new TextValue(t))]);
}
