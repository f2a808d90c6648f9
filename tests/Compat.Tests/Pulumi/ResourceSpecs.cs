using System.Collections.Immutable;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Pulumi;
using Alias = Pulumi.Alias;

namespace Compat.Tests.Pulumi;

public sealed class ResourceSpecs
{
    [Fact]
    public async Task Inputs_of_every_kind_arrive_and_those_without_a_value_do_not()
    {
        var engine = new FakeEngine();
        await Run(engine, static () => _ = new Thing("one", new ThingArgs
        {
            Size = Output.Create(3),
            Text = Output.CreateSecret("hunter2"),
            Colour = Colour.Red,
            Other = new Thing("zero"),
            Nested = ImmutableArray.Create("x", "y"),
        }));
        engine.Inputs("one").ShouldBe(MapValue.Empty
            .With("size", new NumberValue(3))
            .With("text", new SecretValue(new TextValue("hunter2")))
            .With("colour", new TextValue("red"))
            .With("other", new ResourceValue("urn:pulumi:dev::proj::test:index:Thing::zero", "zero-id"))
            .With("nested", new TextValue("""["x","y"]""")));
    }

    [Fact]
    public async Task Outputs_of_every_kind_come_back()
    {
        var parts = new ListValue([MapValue.Empty.With("name", new TextValue("a")).With("weightInGrams", new NumberValue(5)), MapValue.Empty.With("name", new TextValue("b"))]);
        var engine = new FakeEngine { Outputs = { ["one"] = MapValue.Empty.With("text", new SecretValue(new TextValue("s"))).With("tags", MapValue.Empty.With("k", new TextValue("v"))).With("parts", parts) } };
        await Run(engine, static () =>
        {
            var one = new Thing("one", new ThingArgs { Size = 4 });
            _ = new Thing("two", new ThingArgs
            {
                Size = one.Size,
                Text = one.Text.Apply(static t => t + "!"),
                List = one.Parts.Apply(static p => p.Select(static x => $"{x.Name}{x.Weight}").ToArray()),
                Map = { { "k", one.Tags.Apply(static t => (object)t["k"]) } },
            });
        });
        engine.Inputs("two").ShouldBe(MapValue.Empty
            .With("size", new NumberValue(4))
            .With("text", new SecretValue(new TextValue("s!")))
            .With("list", new ListValue([new TextValue("a5"), new TextValue("b")]))
            .With("map", MapValue.Empty.With("k", new TextValue("v"))));
        engine["two"].Dependencies.ShouldBe(["urn:pulumi:dev::proj::test:index:Thing::one"]);
    }

    [Fact]
    public async Task Options_arrive()
    {
        var engine = new FakeEngine();
        await Run(engine, static () =>
        {
            var before = new Group("before");
            var provider = new ProviderResource("test", "own", ResourceArgs.Empty);
            var merged = CustomResourceOptions.Merge(
                new CustomResourceOptions { Protect = false, IgnoreChanges = { "a" }, DependsOn = { before } },
                new CustomResourceOptions
                {
                    Protect = true,
                    IgnoreChanges = { "b" },
                    ReplaceOnChanges = { "c" },
                    HideDiffs = { "d" },
                    AdditionalSecretOutputs = { "e" },
                    DeleteBeforeReplace = true,
                    RetainOnDelete = true,
                    ImportId = "i",
                    Provider = provider,
                    CustomTimeouts = new CustomTimeouts { Create = TimeSpan.FromMinutes(5), Delete = TimeSpan.FromSeconds(1.5) },
                    Aliases = { new Alias { Name = "old" }, new Alias { Urn = "urn:old" } },
                    DeletedWith = provider,
                });
            _ = new Thing("one", null, merged);
        });
        engine["one"].ShouldSatisfyAllConditions(
            static r => r.Protect.ShouldBeTrue(),
            static r => r.IgnoreChanges.ShouldBe(["a", "b"]),
            static r => r.ReplaceOnChanges.ShouldBe(["c"]),
            static r => r.HideDiffs.ShouldBe(["d"]),
            static r => r.AdditionalSecretOutputs.ShouldBe(["e"]),
            static r => (r.DeleteBeforeReplace, r.DeleteBeforeReplaceDefined).ShouldBe((true, true)),
            static r => r.RetainOnDelete.ShouldBeTrue(),
            static r => r.ImportId.ShouldBe("i"),
            static r => r.Provider.ShouldBe("urn:pulumi:dev::proj::pulumi:providers:test::own::own-id"),
            static r => r.CustomTimeouts.ShouldBe(new RegisterResourceRequest.Types.CustomTimeouts { Create = "300s", Delete = "1.5s" }),
            static r => r.Aliases.Select(static a => a.Urn + a.Spec?.Name).ShouldBe(["old", "urn:old"]),
            static r => r.DeletedWith.ShouldEndWith("::own"),
            static r => r.Dependencies.ShouldBe(["urn:pulumi:dev::proj::test:index:Thing::before-inner"]));
        engine.Inputs("before-inner")["text"].ShouldBe(new TextValue("urn:pulumi:dev::proj::test:index:Group::before"));
        engine["before-inner"].Parent.ShouldEndWith("Group::before");
    }

    [Fact]
    public async Task A_component_hands_its_provider_and_its_protection_down()
    {
        var engine = new FakeEngine { IsPreview = true };
        await Run(engine, static () => _ = new Group("g", new ComponentResourceOptions { Protect = true, Providers = { new ProviderResource("test", "own", ResourceArgs.Empty) } }));
        engine["g-inner"].Protect.ShouldBeTrue();
        engine["g-inner"].Provider.ShouldBe("urn:pulumi:dev::proj::pulumi:providers:test::own::04da6b54-80e4-46f7-96ec-b56ff0331ba9");
        engine["g"].Providers.Keys.ShouldBe(["test"]);
    }

    [Fact]
    public async Task A_resource_that_is_there_already_is_read()
    {
        var engine = new FakeEngine { Outputs = { ["there"] = MapValue.Empty.With("size", new NumberValue(9)) } };
        await Run(engine, static () => _ = new Thing("one", new ThingArgs { Size = Thing.Get("there", "id-1").Size }));
        engine.Reads.ShouldHaveSingleItem().ShouldSatisfyAllConditions(static r => r.Id.ShouldBe("id-1"), static r => r.Type.ShouldBe("test:index:Thing"));
        engine.Registered.ShouldNotContain(static r => r.Name == "there");
        engine.Inputs("one")["size"].ShouldBe(new NumberValue(9));
    }

    [Fact]
    public async Task Functions_are_called_when_their_arguments_are_known()
    {
        var engine = new FakeEngine
        {
            OnInvoke = static r => r.Tok == "test:index:get"
                ? new ResourceInvokeResponse { Return = PropertyCodec.ToStruct(MapValue.Empty.With("double", new NumberValue(2 * r.Args.Fields["n"].NumberValue))) }
                : new ResourceInvokeResponse { Failures = { new CheckFailure { Property = "n", Reason = "too small" } } },
        };
        await Run(engine, static () => _ = new Thing("one", new ThingArgs
        {
            Size = Deployment.Instance.Invoke<ImmutableDictionary<string, int>>("test:index:get", new GetArgs { N = Output.Create(21) }).Apply(static r => r["double"]),
        }));
        engine.Inputs("one")["size"].ShouldBe(new NumberValue(42));

        var failing = new FakeEngine { OnInvoke = engine.OnInvoke };
        (await failing.RunAsync(static () => Deployment.RunAsync(static () => { Deployment.Instance.Invoke<object>("test:index:other", new GetArgs { N = 1 }); }))).ShouldBe(32);
        failing.Errors.ShouldContain("test:index:other: too small (n)");
    }

    [Theory]
    [InlineData(5L)]
    [InlineData('c')]
    public async Task What_no_provider_understands_is_refused_with_its_place(object value)
    {
        var engine = new FakeEngine();
        (await engine.RunAsync(() => Deployment.RunAsync(() => { _ = new Thing("one", new ThingArgs { Map = { { "k", Output.Create(value) } } }); }))).ShouldBe(32);
        engine.Errors.ShouldContain($"one.map.k: {value.GetType().FullName} is not a supported argument type");
    }

    [Fact]
    public async Task An_output_of_the_wrong_type_is_named_and_not_shown()
    {
        var engine = new FakeEngine { Outputs = { ["one"] = MapValue.Empty.With("size", new TextValue("hunter2")) } };
        (await engine.RunAsync(static () => Deployment.RunAsync(static () => { _ = new Thing("one"); }))).ShouldBe(32);
        engine.Errors.ShouldContain("size: the engine returned a text where Int32 is expected");
        engine.Errors.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Another_stack_is_asked_for_its_outputs()
    {
        var engine = new FakeEngine { Outputs = { ["org/net/dev"] = MapValue.Empty.With("name", new TextValue("org/net/dev")).With("outputs", MapValue.Empty.With("cidr", new TextValue("10.0.0.0/8"))) } };
        await Run(engine, static () =>
        {
            var net = new StackReference("org/net/dev");
            _ = new Thing("one", new ThingArgs { Text = net.RequireOutput("cidr").Apply(static v => (string)v), List = { net.GetOutput("none").Apply(static v => v is null ? "null" : "") } });
        });
        engine.Inputs("one")["text"].ShouldBe(new TextValue("10.0.0.0/8"));
        engine.Inputs("one")["list"].ShouldBe(new ListValue([new TextValue("null")]));
    }

    private static async Task Run(FakeEngine engine, Action program) => (await engine.RunAsync(() => Deployment.RunAsync(program))).ShouldBe(0, engine.Errors);

    private sealed class GetArgs : InvokeArgs
    {
        [Input("n")]
        public Input<int>? N { get; set; }
    }
}
