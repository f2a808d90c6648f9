using System.Text.Json.Nodes;

namespace Cloudlet.Outside.Tests;

/// <summary>Programs that use our SDK, as processes, against an independent engine.</summary>
public sealed class ProgramSpecs
{
    private const string Dummy = "DummyPulumiProgram.dll";
    private const string Unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    private const string Signature = "4dabf18193072939515e22adb298388d";
    private static readonly JsonObject Secret = new() { [Signature] = "1b47061264138c4ac30d75fd1eb44270", ["value"] = "hunter2" };

    [Fact]
    public async Task An_update_declares_everything_in_order_and_exports_values()
    {
        var ran = await Engine.RunAsync(Dummy, new { }, Scenario("chain"));
        ran.ExitCode.ShouldBe(0, ran.ToString());
        ran.Output.ShouldBe("plain output\n");
        Same(ran.Resource("one")["inputs"], new JsonObject { ["size"] = 3, ["secret"] = Secret.DeepClone() });
        Same(
            ran.Resource("two")["inputs"],
            new JsonObject
            {
                ["size"] = 8,
                ["text"] = "one-id/made one",
                ["list"] = new JsonArray("a", "one-id"),
            }
        );
        Same(ran.Resource("two")["dependencies"], new JsonArray("urn:pulumi:dev::proj::test:index:Thing::one"));
        Same(ran.Resource("two")["propertyDependencies"]!["list"], new JsonArray("urn:pulumi:dev::proj::test:index:Thing::one"));
        Same(ran.StackOutputs["secret"], Secret);
        Same(ran.StackOutputs["text"], "one-id/made one");
        Same(
            ran.StackOutputs["one"],
            new JsonObject
            {
                [Signature] = "5cf8f73096256a8f31e491e813e4eb8e",
                ["urn"] = "urn:pulumi:dev::proj::test:index:Thing::one",
                ["id"] = "one-id",
            }
        );
        ran.Methods.Last().ShouldBe("SignalAndWaitForShutdown");
    }

    [Fact]
    public async Task A_preview_sends_known_values_and_marks_unknown_ones()
    {
        var ran = await Engine.RunAsync(Dummy, new { preview = true }, Scenario("chain"));
        ran.ExitCode.ShouldBe(0, ran.ToString());
        Same(
            ran.Resource("two")["inputs"],
            new JsonObject
            {
                ["size"] = Unknown,
                ["text"] = Unknown,
                ["list"] = new JsonArray("a", Unknown),
            }
        );
        Same(ran.StackOutputs["text"], Unknown);
        Same(ran.StackOutputs["dry"], true);
    }

    [Fact]
    public async Task A_secret_is_sent_only_in_its_envelope()
    {
        var ran = await Engine.RunAsync(Dummy, new { failures = new { two = new { code = 9, message = "no" } } }, Scenario("chain"));
        ran.ExitCode.ShouldBe(32);
        (ran.Output + ran.Error + ran.Errors).ShouldNotContain("hunter2");
        ran.Resource("one")["inputs"]!["secret"]!["value"]!.GetValue<string>().ShouldBe("hunter2");
    }

    [Theory]
    [InlineData("throws", 32, "InvalidTimeZoneException: a defect", true)]
    [InlineData("user-error", 32, "set the region", false)]
    [InlineData("log-error", 1, "this is wrong", false)]
    public async Task Failures_are_reported_to_the_engine_and_by_the_exit_code(string scenario, int exitCode, string message, bool hasStack)
    {
        var ran = await Engine.RunAsync(Dummy, new { }, Scenario(scenario));
        ran.ExitCode.ShouldBe(exitCode);
        ran.Errors.ShouldContain(message);
        ran.Errors.Contains("   at ", StringComparison.Ordinal).ShouldBe(hasStack);
        ran.Error.ShouldBeEmpty();
        ran.Methods.ShouldNotContain("SignalAndWaitForShutdown");
    }

    [Fact]
    public async Task A_program_that_does_not_return_its_exit_code_still_exits_with_it()
    {
        var ran = await Engine.RunAsync(Dummy, new { }, [], project: "returns-nothing");
        ran.ExitCode.ShouldBe(32);
        ran.Errors.ShouldBe("forgotten");
    }

    [Fact]
    public async Task A_missing_configuration_value_is_reported()
    {
        var ran = await Engine.RunAsync(Dummy, new { }, []);
        ran.ExitCode.ShouldBe(32);
        ran.Errors.ShouldContain("pulumi config set proj:scenario <value>");
    }

    [Fact]
    public async Task A_failed_resource_ends_the_program_without_setting_outputs()
    {
        var ran = await Engine.RunAsync(
            Dummy,
            new { failures = new { one = new { code = 13, message = "größer als erlaubt" } } },
            Scenario("chain")
        );
        ran.ExitCode.ShouldBe(32);
        ran.Errors.ShouldContain("test:index:Thing \"one\" could not be declared: Internal: größer als erlaubt");
        ran.Methods.ShouldNotContain("RegisterResourceOutputs");
    }

    [Fact]
    public async Task An_engine_without_the_newer_calls_is_supported()
    {
        var ran = await Engine.RunAsync(Dummy, new { lacks = new[] { "signalAndWaitForShutdown", "supportsFeature" } }, Scenario("chain"));
        ran.ExitCode.ShouldBe(0, ran.ToString());
    }

    [Fact]
    public async Task A_dying_engine_ends_the_program_soon_and_with_a_message()
    {
        var ran = await Engine.RunAsync(Dummy, new { dieAt = "one" }, Scenario("chain"));
        ran.ExitCode.ShouldBe(1);
        ran.Error.ShouldContain("\"one\" could not be declared");
        ran.Error.ShouldContain("a message could not be sent to the Pulumi engine");
        ran.Error.ShouldNotContain("   at ");
        ran.Time.ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Messages_of_many_megabytes_pass_in_both_directions()
    {
        var ran = await Engine.RunAsync(Dummy, new { bigAt = "big" }, Scenario("big"));
        ran.ExitCode.ShouldBe(0, ran.ToString());
        Same(ran.StackOutputs["length"], 9_000_000);
    }

    [Fact]
    public async Task The_sites_program_declares_the_hosts_of_a_site_file_and_exports_their_addresses()
    {
        var output = new
        {
            digest = "sha256:1",
            addresses = new[] { "10.80.0.1/24" },
            health = new { state = "as-described", alarms = Array.Empty<string>() },
        };
        var outputs = new Dictionary<string, object> { ["edge-1"] = output };
        var ran = await Engine.RunAsync(
            "Cloudlet.Sites.dll",
            new { outputs },
            new() { ["proj:files"] = "../../templates/sites/single-host.yaml" }
        );
        ran.ExitCode.ShouldBe(0, ran.ToString());
        ran.Resource("edge-1")["type"]!.GetValue<string>().ShouldBe("cloudlet:index:Host");
        ran.Resource("edge-1")["inputs"]!["links"]!["cloudlet0"]!["mtu"]!.GetValue<int>().ShouldBe(1450);
        Same(ran.StackOutputs["addresses"], new JsonObject { ["edge-1"] = new JsonArray("10.80.0.1/24") });
        Same(ran.StackOutputs["digests"], new JsonObject { ["edge-1"] = "sha256:1" });
    }

    [Fact]
    public async Task The_sites_program_says_how_to_run_it_without_an_engine()
    {
        var (exitCode, output, error) = await Engine.RunAloneAsync("Cloudlet.Sites.dll");
        exitCode.ShouldBe(1);
        output.ShouldBeEmpty();
        error.ShouldContain("pulumi up");
        error.ShouldNotContain("   at ");
    }

    private static Dictionary<string, string> Scenario(string name) => new() { ["proj:scenario"] = name, ["proj:token"] = "hunter2" };

    private static void Same(JsonNode? found, JsonNode expected) =>
        JsonNode.DeepEquals(found, expected).ShouldBeTrue($"{found?.ToJsonString()} should be {expected.ToJsonString()}");
}
