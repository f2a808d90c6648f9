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
        await Run(
            engine,
            static () =>
                _ = new Thing(
                    "one",
                    new ThingArgs
                    {
                        Size = Output.Create(3),
                        Text = Output.CreateSecret("hunter2"),
                        Colour = Colour.Red,
                        Other = new Thing("zero"),
                        Nested = ImmutableArray.Create("x", "y"),
                    }
                )
        );
        engine
            .Inputs("one")
            .ShouldBe(
                MapValue
                    .Empty.With("size", new NumberValue(3))
                    .With("text", new SecretValue(new TextValue("hunter2")))
                    .With("colour", new TextValue("red"))
                    .With("other", new ResourceValue("urn:pulumi:dev::proj::test:index:Thing::zero", "zero-id"))
                    .With("nested", new TextValue("""[ "x", "y" ]"""))
            );
    }

    [Fact]
    public async Task Outputs_of_every_kind_come_back()
    {
        var parts = new ListValue([
            MapValue.Empty.With("name", new TextValue("a")).With("weightInGrams", new NumberValue(5)),
            MapValue.Empty.With("name", new TextValue("b")),
        ]);
        var engine = new FakeEngine
        {
            Outputs =
            {
                ["one"] = MapValue
                    .Empty.With("text", new SecretValue(new TextValue("s")))
                    .With("tags", MapValue.Empty.With("k", new TextValue("v")))
                    .With("parts", parts),
            },
        };
        await Run(
            engine,
            static () =>
            {
                var one = new Thing("one", new ThingArgs { Size = 4 });
                _ = new Thing(
                    "two",
                    new ThingArgs
                    {
                        Size = one.Size,
                        Text = one.Text.Apply(static t => t + "!"),
                        List = one.Parts.Apply(static p => p.Select(static x => $"{x.Name}{x.Weight}").ToArray()),
                        Map = { { "k", one.Tags.Apply(static t => (object)t["k"]) } },
                    }
                );
            }
        );
        engine
            .Inputs("two")
            .ShouldBe(
                MapValue
                    .Empty.With("size", new NumberValue(4))
                    .With("text", new SecretValue(new TextValue("s!")))
                    .With("list", new ListValue([new TextValue("a5"), new TextValue("b")]))
                    .With("map", MapValue.Empty.With("k", new TextValue("v")))
            );
        engine["two"].Dependencies.ShouldBe(["urn:pulumi:dev::proj::test:index:Thing::one"]);
    }

    [Fact]
    public async Task Options_arrive()
    {
        var engine = new FakeEngine();
        await Run(
            engine,
            static () =>
            {
                var before = new Group("before");
                var provider = new ProviderResource("test", "own", ResourceArgs.Empty, null);
                var merged = CustomResourceOptions.Merge(
                    new CustomResourceOptions
                    {
                        Protect = false,
                        IgnoreChanges = { "a" },
                        DependsOn = { before },
                    },
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
                        Aliases =
                        {
                            new Alias { Name = "old" },
                            new Alias { Urn = "urn:old" },
                        },
                        DeletedWith = provider,
                    }
                );
                _ = new Thing("one", null, merged);
            }
        );
        engine["one"]
            .ShouldSatisfyAllConditions(
                static r => r.Protect.ShouldBeTrue(),
                static r => r.IgnoreChanges.ShouldBe(["a", "b"]),
                static r => r.ReplaceOnChanges.ShouldBe(["c"]),
                static r => r.HideDiffs.ShouldBe(["d"]),
                static r => r.AdditionalSecretOutputs.ShouldBe(["e"]),
                static r => (r.DeleteBeforeReplace, r.DeleteBeforeReplaceDefined).ShouldBe((true, true)),
                static r => r.RetainOnDelete.ShouldBeTrue(),
                static r => r.ImportId.ShouldBe("i"),
                static r => r.Provider.ShouldBe("urn:pulumi:dev::proj::pulumi:providers:test::own::own-id"),
                static r =>
                    r.CustomTimeouts.ShouldBe(new RegisterResourceRequest.Types.CustomTimeouts { Create = "300s", Delete = "1.5s" }),
                static r => r.Aliases.Select(static a => a.Urn + a.Spec?.Name).ShouldBe(["old", "urn:old"]),
                static r => r.DeletedWith.ShouldEndWith("::own"),
                static r => r.Dependencies.ShouldBe(["urn:pulumi:dev::proj::test:index:Thing::before-inner"])
            );
        engine["before-inner"].Parent.ShouldEndWith("Group::before");
    }

    [Fact]
    public async Task A_component_passes_its_provider_and_its_protection_down()
    {
        var engine = new FakeEngine { IsPreview = true };
        await Run(
            engine,
            static () =>
                _ = new Group(
                    "g",
                    new ComponentResourceOptions
                    {
                        Protect = true,
                        Providers = { new ProviderResource("test", "own", ResourceArgs.Empty, null) },
                    }
                )
        );
        engine["g-inner"].Protect.ShouldBeTrue();
        engine["g-inner"].Provider.ShouldBe("urn:pulumi:dev::proj::pulumi:providers:test::own::04da6b54-80e4-46f7-96ec-b56ff0331ba9");
        engine["g"].Providers.Keys.ShouldBe(["test"]);
    }

    [Fact]
    public async Task An_existing_resource_is_read()
    {
        var engine = new FakeEngine { Outputs = { ["there"] = MapValue.Empty.With("size", new NumberValue(9)) } };
        await Run(engine, static () => _ = new Thing("one", new ThingArgs { Size = Thing.Get("there", "id-1").Size }));
        engine
            .Reads.ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(static r => r.Id.ShouldBe("id-1"), static r => r.Type.ShouldBe("test:index:Thing"));
        engine.Registered.ShouldNotContain(static r => r.Name == "there");
        engine.Inputs("one")["size"].ShouldBe(new NumberValue(9));
    }

    [Fact]
    public async Task A_resource_with_only_a_urn_is_looked_up_in_the_stack()
    {
        const string Urn = "urn:pulumi:dev::proj::test:index:Thing::elsewhere";
        ResourceInvokeRequest? asked = null;
        var state = MapValue.Empty.With("size", new NumberValue(9)).With("text", new SecretValue(new TextValue("hunter2")));
        var engine = new FakeEngine
        {
            OnInvoke = r =>
            {
                asked = r;
                return new ResourceInvokeResponse
                {
                    Return = PropertyCodec.ToStruct(
                        MapValue.Empty.With("urn", new TextValue(Urn)).With("id", new TextValue("id-9")).With("state", state)
                    ),
                };
            },
        };
        await Run(
            engine,
            static () =>
            {
                var found = new Thing("found", null, new CustomResourceOptions { Urn = Urn });
                _ = new Thing(
                    "one",
                    new ThingArgs
                    {
                        Size = found.Size,
                        Text = found.Id,
                        List = { found.Urn, found.Text.Apply(static t => t ?? "") },
                    }
                );
            }
        );
        asked!.Tok.ShouldBe("pulumi:pulumi:getResource");
        asked.Args.Fields["urn"].StringValue.ShouldBe(Urn);
        engine.Registered.ShouldNotContain(static r => r.Name == "found");
        engine.Inputs("one")["size"].ShouldBe(new NumberValue(9));
        engine.Inputs("one")["text"].ShouldBe(new TextValue("id-9"));
        engine.Inputs("one")["list"].ShouldBe(new ListValue([new TextValue(Urn), new SecretValue(new TextValue("hunter2"))]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dependency_on_the_own_component_is_refused(bool usesUrn)
    {
        var engine = new FakeEngine();
        (
            await engine.RunAsync(() =>
                Deployment.RunAsync(() =>
                {
                    _ = new Self("outer", usesUrn);
                })
            )
        ).ShouldBe(32);
        engine.Errors.ShouldContain("\"inner\" depends on \"outer\", the component that it belongs to");
        engine.Registered.ShouldNotContain(static r => r.Name == "inner");
    }

    [Fact]
    public async Task A_component_has_one_way_of_naming_its_provider_and_no_id()
    {
        (
            await Failing(static () =>
            {
                var own = new ProviderResource("test", "own", ResourceArgs.Empty, null);
                _ = new Group("g", new ComponentResourceOptions { Provider = own, Providers = { own } });
            })
        ).ShouldContain("both a provider and providers");
        (await Failing(static () => _ = new Group("g", new ComponentResourceOptions { Id = "id-1" }))).ShouldContain(
            "only a custom resource can be read by its id"
        );
        (
            await Failing(static () =>
            {
                var outer = new Plain(
                    "outer",
                    new ComponentResourceOptions { Provider = new ProviderResource("test", "one", ResourceArgs.Empty, null) }
                );
                _ = new Plain(
                    "inner",
                    new ComponentResourceOptions
                    {
                        Parent = outer,
                        Provider = new ProviderResource("test", "two", ResourceArgs.Empty, null),
                    }
                );
            })
        ).ShouldContain("already has a provider of package test");
    }

    [Fact]
    public async Task A_type_of_two_parts_is_passed_to_the_engine()
    {
        var engine = new FakeEngine();
        await Run(engine, static () => _ = new CustomResource("test:Thing", "one", null));
        engine["one"].Type.ShouldBe("test:Thing");
    }

    [Fact]
    public async Task A_map_accepts_a_name_once()
    {
        (await Failing(static () => _ = new Thing("one", new ThingArgs { Map = { ["k"] = 1, ["k"] = 2 } }))).ShouldContain(
            "another value for \"k\""
        );
        (
            await Failing(static () =>
            {
                InputMap<object> more = new Dictionary<string, object> { ["k"] = 2 };
                _ = new Thing("one", new ThingArgs { Map = { { "k", 1 }, more } });
            })
        ).ShouldContain("another value for \"k\"");

        var engine = new FakeEngine();
        await Run(
            engine,
            static () =>
            {
                InputMap<object> first = new Dictionary<string, object> { ["k"] = 1, ["l"] = 1 };
                first.Add("k", 1);
                _ = new Thing("one", new ThingArgs { Map = InputMap<object>.Merge(first, new Dictionary<string, object> { ["k"] = 3 }) });
            }
        );
        engine.Inputs("one")["map"].ShouldBe(MapValue.Empty.With("k", new NumberValue(3)).With("l", new NumberValue(1)));
    }

    [Fact]
    public async Task A_value_sent_as_json_text_has_the_names_of_its_inputs()
    {
        var engine = new FakeEngine();
        await Run(
            engine,
            static () =>
            {
                _ = new Thing("one", new ThingArgs { Nested = ImmutableArray.Create("x", "y") });
                _ = new Thing(
                    "two",
                    new ThingArgs
                    {
                        NestedArgs = new ThingArgs { Size = 3, Text = Output.CreateSecret("s") },
                    }
                );
            }
        );
        engine.Inputs("one")["nested"].ShouldBe(new TextValue("""[ "x", "y" ]"""));
        engine.Inputs("two")["nestedArgs"].ShouldBe(new SecretValue(new TextValue("""{ "size": 3, "text": "s" }""")));
    }

    [Fact]
    public async Task A_missing_list_is_a_default_array()
    {
        var engine = new FakeEngine();
        await Run(
            engine,
            static () => _ = new Thing("one", new ThingArgs { Text = new Thing("two").Parts.Apply(static p => $"{p.IsDefault}") })
        );
        engine.Inputs("one")["text"].ShouldBe(new TextValue("True"));
    }

    [Fact]
    public async Task An_object_of_an_output_type_can_be_exported()
    {
        var parts = new ListValue([MapValue.Empty.With("name", new TextValue("a")).With("weightInGrams", new NumberValue(2))]);
        var engine = new FakeEngine { Outputs = { ["one"] = MapValue.Empty.With("parts", parts) } };
        (
            await engine.RunAsync(static () =>
                Deployment.RunAsync(static () => new Dictionary<string, object?> { ["parts"] = new Thing("one").Parts })
            )
        ).ShouldBe(0, engine.Errors);
        engine
            .Exports["parts"]
            .ShouldBe(new ListValue([MapValue.Empty.With("name", new TextValue("a")).With("weight", new NumberValue(2))]));
    }

    [Fact]
    public void Arguments_without_a_class_accept_only_immutable_lists_and_dictionaries()
    {
        _ = Args(ImmutableDictionary<string, object?>.Empty.Add("k", ImmutableArray.Create(1)));
        _ = Args(ImmutableArray.Create("x"));
        _ = Args(Output.Create(new[] { "x" }));
        Should.Throw<InvalidOperationException>(static () => Args(new Dictionary<string, object?>())).Message.ShouldContain("value: ");
        Should.Throw<InvalidOperationException>(static () => Args(new List<string>()));
        Should
            .Throw<InvalidOperationException>(static () => Args(ImmutableArray.Create(new List<string>())))
            .Message.ShouldContain("value[]: ");

        static DictionaryResourceArgs Args(object value) => new(ImmutableDictionary<string, object?>.Empty.Add("value", value));
    }

    [Fact]
    public async Task Functions_are_called_when_their_arguments_are_known()
    {
        var engine = new FakeEngine
        {
            OnInvoke = static r =>
                r.Tok == "test:index:get"
                    ? new ResourceInvokeResponse
                    {
                        Return = PropertyCodec.ToStruct(MapValue.Empty.With("double", new NumberValue(2 * r.Args.Fields["n"].NumberValue))),
                    }
                    : new ResourceInvokeResponse
                    {
                        Failures =
                        {
                            new CheckFailure { Property = "n", Reason = "too small" },
                        },
                    },
        };
        await Run(
            engine,
            static () =>
                _ = new Thing(
                    "one",
                    new ThingArgs
                    {
                        Size = Deployment
                            .Instance.Invoke<ImmutableDictionary<string, int>>("test:index:get", new GetArgs { N = Output.Create(21) })
                            .Apply(static r => r["double"]),
                    }
                )
        );
        engine.Inputs("one")["size"].ShouldBe(new NumberValue(42));

        var failing = new FakeEngine { OnInvoke = engine.OnInvoke };
        (
            await failing.RunAsync(static () =>
                Deployment.RunAsync(static () =>
                {
                    Deployment.Instance.Invoke<object>("test:index:other", new GetArgs { N = 1 });
                })
            )
        ).ShouldBe(32);
        failing.Errors.ShouldContain("test:index:other: too small (n)");
    }

    [Theory]
    [InlineData(5L)]
    [InlineData('c')]
    public async Task An_unsupported_argument_type_is_refused_with_its_place(object value)
    {
        var engine = new FakeEngine();
        (
            await engine.RunAsync(() =>
                Deployment.RunAsync(() =>
                {
                    _ = new Thing("one", new ThingArgs { Map = { { "k", Output.Create(value) } } });
                })
            )
        ).ShouldBe(32);
        engine.Errors.ShouldContain($"one.map.k: {value.GetType().FullName} is not a supported argument type");
    }

    [Fact]
    public async Task An_output_of_the_wrong_type_is_a_warning_that_does_not_show_it()
    {
        var engine = new FakeEngine { Outputs = { ["one"] = MapValue.Empty.With("size", new TextValue("hunter2")) } };
        await Run(engine, static () => _ = new Thing("two", new ThingArgs { Size = new Thing("one").Size }));
        engine.Inputs("two")["size"].ShouldBe(new NumberValue(0));
        var warning = engine.Logs.ShouldHaveSingleItem();
        warning.Severity.ShouldBe(LogSeverity.Warning);
        warning.Message.ShouldBe("size: the engine returned a text where Int32 is expected");
    }

    [Fact]
    public async Task Another_stack_is_asked_for_its_outputs()
    {
        var engine = new FakeEngine
        {
            Outputs =
            {
                ["org/net/dev"] = MapValue
                    .Empty.With("name", new TextValue("org/net/dev"))
                    .With("outputs", MapValue.Empty.With("cidr", new TextValue("10.0.0.0/8"))),
            },
        };
        await Run(
            engine,
            static () =>
            {
                var net = new StackReference("org/net/dev");
                _ = new Thing(
                    "one",
                    new ThingArgs
                    {
                        Text = net.RequireOutput("cidr").Apply(static v => (string)v),
                        List = { net.GetOutput("none").Apply(static v => v is null ? "null" : "") },
                    }
                );
            }
        );
        engine.Inputs("one")["text"].ShouldBe(new TextValue("10.0.0.0/8"));
        engine.Inputs("one")["list"].ShouldBe(new ListValue([new TextValue("null")]));
    }

    [Fact]
    public async Task An_output_of_another_stack_is_secret_if_it_is_named_among_the_secrets()
    {
        var outputs = new SecretValue(MapValue.Empty.With("cidr", new TextValue("10.0.0.0/8")).With("key", new TextValue("hunter2")));
        var engine = new FakeEngine
        {
            Outputs =
            {
                ["net"] = MapValue
                    .Empty.With("name", new TextValue("net"))
                    .With("outputs", outputs)
                    .With("secretOutputNames", new ListValue([new TextValue("key")])),
            },
        };
        await Run(
            engine,
            static () =>
            {
                var net = new StackReference("net");
                _ = new Thing(
                    "one",
                    new ThingArgs { Map = { { "cidr", net.RequireOutput("cidr") }, { "key", net.RequireOutput("key") } } }
                );
            }
        );
        engine
            .Inputs("one")["map"]
            .ShouldBe(MapValue.Empty.With("cidr", new TextValue("10.0.0.0/8")).With("key", new SecretValue(new TextValue("hunter2"))));
    }

    private static async Task<string> Failing(Action program)
    {
        var engine = new FakeEngine();
        (await engine.RunAsync(() => Deployment.RunAsync(program))).ShouldBe(32);
        return engine.Errors;
    }

    private static async Task Run(FakeEngine engine, Action program) =>
        (await engine.RunAsync(() => Deployment.RunAsync(program))).ShouldBe(0, engine.Errors);

    private sealed class Self : ComponentResource
    {
        public Self(string name, bool usesUrn)
            : base("test:index:Self", name)
        {
            var options = new CustomResourceOptions { Parent = this };
            if (!usesUrn)
                options.DependsOn.Add(this);
            _ = new Thing("inner", usesUrn ? new ThingArgs { Text = Urn } : null, options);
            RegisterOutputs();
        }
    }

    private sealed class Plain(string name, ComponentResourceOptions options) : ComponentResource("test:index:Plain", name, options);

    private sealed class GetArgs : InvokeArgs
    {
        [Input("n")]
        public Input<int>? N { get; set; }
    }
}
