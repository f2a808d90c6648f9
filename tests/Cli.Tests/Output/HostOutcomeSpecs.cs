using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Tests.Output;

public sealed class HostOutcomeSpecs
{
    [Theory]
    [InlineData(RunResult.Unchanged, 0)]
    [InlineData(RunResult.Changed, 0)]
    [InlineData(RunResult.AwaitingConfirmation, 0)]
    [InlineData(RunResult.Drift, 2)]
    [InlineData(RunResult.Failed, 1)]
    [InlineData(RunResult.RolledBack, 1)]
    [InlineData(RunResult.RollbackFailed, 1)]
    public void Every_result_has_its_exit_status(RunResult result, int exit) => Ended(result).ExitCode.ShouldBe(exit);

    [Fact]
    public void A_requested_rollback_is_a_success() =>
        (Ended(RunResult.RolledBack) with { RolledBackOnRequest = true }).ExitCode.ShouldBe(0);

    [Fact]
    public void A_failed_requested_rollback_is_a_failure() =>
        (Ended(RunResult.RollbackFailed) with { RolledBackOnRequest = true }).ExitCode.ShouldBe(1);

    [Fact]
    public void A_plan_that_could_not_observe_something_is_a_failure() =>
        new HostOutcome(
            "h",
            new Planned("d", 1, [new ResourceChange("unit:x", ChangeAction.Unknown, []) { Error = "no systemd" }])
        ).ExitCode.ShouldBe(1);

    [Fact]
    public void A_plan_that_the_host_would_refuse_is_invalid_input() =>
        new HostOutcome(
            "h",
            new Planned("d", 1, [new ResourceChange("link:x", ChangeAction.Create, []) { Refusals = ["no"] }])
        ).ExitCode.ShouldBe(3);

    [Fact]
    public void A_failing_host_outweighs_drift_and_invalid_input() =>
        HostOutcome
            .Worst([
                Ended(RunResult.Drift),
                new HostOutcome("b", new Refused(ErrorKind.InvalidInput, "x")),
                new HostOutcome("c", new Refused(ErrorKind.Unreachable, "x")),
            ])
            .ShouldBe(1);

    [Fact]
    public void Drift_outweighs_success() => HostOutcome.Worst([Ended(RunResult.Unchanged), Ended(RunResult.Drift)]).ShouldBe(2);

    private static HostOutcome Ended(RunResult result) => new("h", new Finished(result, "sha256:0", 0, 0, 0, 0));
}
