using Cloudlet.Wire.Values;
using Pulumi;

namespace Compat.Tests.Pulumi;

public sealed class ConfigSpecs
{
    [Fact]
    public async Task Values_are_read_with_their_types()
    {
        var engine = Engine();
        (
            await engine.RunAsync(static () =>
                Deployment.RunAsync(static () =>
                {
                    var config = new Config();
                    return new Dictionary<string, object?>
                    {
                        ["text"] = config.Require("text"),
                        ["missing"] = config.Get("missing"),
                        ["yes"] = config.RequireBoolean("yes"),
                        ["number"] = config.RequireInt32("number"),
                        ["fraction"] = config.RequireDouble("fraction"),
                        ["list"] = config.RequireObject<string[]>("list"),
                        ["secret"] = config.RequireSecret("text"),
                        ["elsewhere"] = new Config("other:config").Get("text"),
                    };
                })
            )
        ).ShouldBe(0, engine.Errors);
        engine.Exports.ShouldBe(
            MapValue
                .Empty.With("text", new TextValue("hunter2"))
                .With("yes", new BooleanValue(true))
                .With("number", new NumberValue(-7))
                .With("fraction", new NumberValue(1.5))
                .With("list", new ListValue([new TextValue("a")]))
                .With("secret", new SecretValue(new TextValue("hunter2")))
                .With("elsewhere", new TextValue("b"))
        );
    }

    [Fact]
    public async Task A_missing_value_is_reported_with_the_command_that_sets_it()
    {
        (await Error(static c => c.Require("region"))).ShouldSatisfyAllConditions(
            static e => e.ShouldContain("Missing required configuration variable"),
            static e => e.ShouldContain("proj:region"),
            static e => e.ShouldContain("pulumi config set proj:region <value>"),
            static e => e.ShouldNotContain("   at ")
        );
        (await Error(static c => c.RequireSecret("token"))).ShouldContain("pulumi config set --secret proj:token");
    }

    [Fact]
    public async Task A_value_of_the_wrong_type_is_named_and_not_shown()
    {
        foreach (
            var read in new Action<Config>[]
            {
                static c => c.GetBoolean("text"),
                static c => c.GetInt32("text"),
                static c => c.GetDouble("text"),
                static c => c.GetObject<int>("text"),
            }
        )
        {
            var error = await Error(read);
            error.ShouldContain("proj:text");
            error.ShouldNotContain("hunter2");
        }
    }

    private static FakeEngine Engine() =>
        new()
        {
            Config = new()
            {
                ["proj:text"] = "hunter2",
                ["proj:yes"] = "true",
                ["proj:number"] = "-7",
                ["proj:fraction"] = "1.5",
                ["proj:list"] = """["a"]""",
                ["other:text"] = "b",
            },
        };

    private static async Task<string> Error(Action<Config> read)
    {
        var engine = Engine();
        (await engine.RunAsync(() => Deployment.RunAsync(() => read(new Config())))).ShouldBe(32);
        return engine.Errors;
    }
}
