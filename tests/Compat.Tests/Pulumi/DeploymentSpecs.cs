using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Pulumi;

namespace Compat.Tests.Pulumi;

public sealed class DeploymentSpecs
{
    [Fact]
    public async Task A_program_declares_its_stack_its_resources_and_its_outputs_and_waits()
    {
        var engine = new FakeEngine();
        (await Run(engine, static () => new Dictionary<string, object?> { ["id"] = new Thing("one").Id, ["n"] = 1 })).ShouldBe(
            0,
            engine.Errors
        );
        engine
            .Registered.Select(static r => (r.Type, r.Name, r.Custom, r.Parent))
            .ShouldBe([
                ("pulumi:pulumi:Stack", "proj-dev", false, ""),
                ("test:index:Thing", "one", true, "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"),
            ]);
        engine["one"]
            .ShouldSatisfyAllConditions(
                static r => r.AcceptSecrets.ShouldBeTrue(),
                static r => r.AcceptResources.ShouldBeTrue(),
                static r => r.SupportsResultReporting.ShouldBeTrue(),
                static r => r.Version.ShouldBe("1.0.0")
            );
        engine.Exports.ShouldBe(MapValue.Empty.With("id", new TextValue("one-id")).With("n", new NumberValue(1)));
        engine.Calls.Count(static c => c == "SignalAndWaitForShutdown").ShouldBe(1);
        engine.Calls[^1].ShouldBe("SignalAndWaitForShutdown");
    }

    [Fact]
    public async Task An_engine_without_the_newer_calls_is_supported_too()
    {
        var engine = new FakeEngine { Lacks = { "SignalAndWaitForShutdown", "SupportsFeature" } };
        (
            await Run(
                engine,
                static () =>
                {
                    var one = new Thing("one");
                    _ = new Thing("two", new ThingArgs { Other = one });
                    return new Dictionary<string, object?>();
                }
            )
        ).ShouldBe(0, engine.Errors);
        engine.Inputs("two")["other"].ShouldBe(new TextValue("one-id"));
    }

    [Fact]
    public async Task A_stack_class_exports_its_outputs()
    {
        var engine = new FakeEngine();
        (await engine.RunAsync(static () => Deployment.RunAsync<Whole>())).ShouldBe(0, engine.Errors);
        engine.Exports.ShouldBe(MapValue.Empty.With("address", new TextValue("10.80.0.1")).With("Size", new NumberValue(7)));
    }

    [Fact]
    public async Task A_missing_output_of_a_stack_class_is_named()
    {
        var engine = new FakeEngine();
        (await engine.RunAsync(static () => Deployment.RunAsync<Forgetful>())).ShouldBe(32);
        engine.Errors.ShouldContain("Address");
        engine.Errors.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_exception_is_shown_with_its_stack_and_a_message_for_the_user_without(bool isForUser)
    {
        var engine = new FakeEngine();
        (
            await Run(engine, () => throw (isForUser ? new RunException("set the region") : new InvalidTimeZoneException("a defect")))
        ).ShouldBe(32);
        engine.Logs.ShouldHaveSingleItem().Severity.ShouldBe(LogSeverity.Error);
        engine.Errors.Contains("   at ", StringComparison.Ordinal).ShouldBe(!isForUser);
        engine.Errors.ShouldContain(isForUser ? "set the region" : "InvalidTimeZoneException: a defect");
        engine.StackOutputs.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_exception_after_an_await_counts_too()
    {
        var engine = new FakeEngine();
        (
            await engine.RunAsync(static () =>
                Deployment.RunAsync(static async () =>
                {
                    await Task.Yield();
                    throw new RunException("too late");
                })
            )
        ).ShouldBe(32);
        engine.Errors.ShouldBe("too late");
    }

    [Fact]
    public async Task An_error_in_the_log_alone_gives_exit_code_one()
    {
        var engine = new FakeEngine();
        (
            await Run(
                engine,
                static () =>
                {
                    Log.Info("first");
                    Log.Warn("second", new Thing("one"), streamId: 3, ephemeral: true);
                    Log.Error("third");
                    return new Dictionary<string, object?>();
                }
            )
        ).ShouldBe(1);
        engine
            .Logs.Select(static l => (l.Severity, l.Message))
            .ShouldBe([(LogSeverity.Info, "first"), (LogSeverity.Warning, "second"), (LogSeverity.Error, "third")]);
        engine
            .Logs[1]
            .ShouldSatisfyAllConditions(
                static l => l.Urn.ShouldEndWith("::one"),
                static l => l.StreamId.ShouldBe(3),
                static l => l.Ephemeral.ShouldBeTrue()
            );
    }

    [Fact]
    public async Task A_failed_resource_fails_the_program_once_however_many_depend_on_it()
    {
        var engine = new FakeEngine { Failures = { ["one"] = new GrpcStatus(GrpcCode.FailedPrecondition, "host edge-1 is unreachable") } };
        (
            await Run(
                engine,
                static () =>
                {
                    var one = new Thing("one");
                    _ = new Thing("two", new ThingArgs { Text = one.Id });
                    return new Dictionary<string, object?> { ["id"] = one.Id };
                }
            )
        ).ShouldBe(32);
        engine
            .Logs.ShouldHaveSingleItem()
            .Message.ShouldBe("test:index:Thing \"one\" could not be declared: FailedPrecondition: host edge-1 is unreachable");
        engine.Registered.ShouldNotContain(static r => r.Name == "two");
        engine.StackOutputs.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_engine_that_ends_because_a_resource_failed_has_reported_why()
    {
        var engine = new FakeEngine
        {
            Failures =
            {
                ["one"] = new GrpcStatus(GrpcCode.Unavailable, "resource monitor shut down while waiting on step's done channel"),
            },
        };
        (await Run(engine, static () => new Dictionary<string, object?> { ["id"] = new Thing("one").Id })).ShouldBe(32);
        engine.Logs.ShouldBeEmpty();

        var other = new FakeEngine { Failures = { ["one"] = new GrpcStatus(GrpcCode.Unavailable, "host edge-1 does not answer") } };
        (await Run(other, static () => new Dictionary<string, object?> { ["id"] = new Thing("one").Id })).ShouldBe(32);
        other.Logs.ShouldHaveSingleItem().Message.ShouldContain("host edge-1 does not answer");
    }

    [Fact]
    public async Task An_error_about_a_resource_names_it_even_when_it_could_not_be_declared()
    {
        foreach (var isThere in new[] { true, false })
        {
            var engine = new FakeEngine { Failures = isThere ? [] : new() { ["one"] = new GrpcStatus(GrpcCode.Internal, "no") } };
            (
                await Run(
                    engine,
                    static () =>
                    {
                        var one = new Thing("one");
                        throw new ResourceException("its address is taken", one, hideStack: true);
                    }
                )
            ).ShouldBe(32);
            engine
                .Logs.Single(static l => l.Message == "its address is taken")
                .Urn.ShouldBe(isThere ? "urn:pulumi:dev::proj::test:index:Thing::one" : "");
        }
    }

    [Fact]
    public async Task Thousands_of_resources_can_be_declared()
    {
        var engine = new FakeEngine();
        (
            await Run(
                engine,
                static () =>
                    Enumerable
                        .Range(0, 3000)
                        .ToDictionary(static i => $"{i}", static i => (object?)new Thing($"thing-{i}", new ThingArgs { Size = i }).Size)
            )
        ).ShouldBe(0, engine.Errors);
        engine.Registered.Count.ShouldBe(3001);
        engine.Exports["2999"].ShouldBe(new NumberValue(2999));
    }

    [Fact]
    public async Task A_vanished_engine_ends_the_program_with_exit_code_one_and_a_message()
    {
        var engine = new FakeEngine { VanishesAt = "one" };
        var (before, error) = (Console.Error, new StringWriter());
        Console.SetError(error);
        try
        {
            (await Run(engine, static () => new Dictionary<string, object?> { ["id"] = new Thing("one").Id })).ShouldBe(1);
        }
        finally
        {
            Console.SetError(before);
        }

        error.ToString().ShouldContain("a message could not be sent to the Pulumi engine");
        error.ToString().ShouldContain("\"one\" could not be declared");
    }

    [Fact]
    public Task Without_an_engine_there_is_no_run_and_no_deployment() =>
        FakeEngine.WithoutAsync(static async () =>
        {
            (await Should.ThrowAsync<InvalidOperationException>(static () => Deployment.RunAsync(static () => { }))).Message.ShouldContain(
                "Program run without the Pulumi engine available; re-run using the `pulumi` CLI"
            );
            Should.Throw<InvalidOperationException>(static () => Deployment.Instance);
        });

    [Fact]
    public async Task The_run_knows_its_stack_and_project()
    {
        var engine = new FakeEngine { IsPreview = true };
        (
            await Run(
                engine,
                static () =>
                    new Dictionary<string, object?>
                    {
                        ["all"] =
                            $"{Deployment.Instance.OrganizationName}/{Deployment.Instance.ProjectName}/{Deployment.Instance.StackName} "
                            + $"{Deployment.Instance.IsDryRun}",
                    }
            )
        ).ShouldBe(0, engine.Errors);
        engine.Exports["all"].ShouldBe(new TextValue("org/proj/dev True"));
    }

    private static Task<int> Run(FakeEngine engine, Func<IDictionary<string, object?>> program) =>
        engine.RunAsync(() => Deployment.RunAsync(program));

    private sealed class Whole : Stack
    {
        public Whole()
        {
            Address = Output.Create("10.80.0.1");
            Size = new Thing("one", new ThingArgs { Size = 7 }).Size;
        }

        [Output("address")]
        public Output<string> Address { get; set; }

        [Output]
        public Output<int> Size { get; set; }
    }

    private sealed class Forgetful : Stack
    {
        [Output]
        public Output<string> Address { get; set; } = null!;
    }
}
