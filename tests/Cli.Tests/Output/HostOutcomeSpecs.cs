using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Planning;
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
    public void Going_back_is_a_success_for_whoever_asked_for_it() => (Ended(RunResult.RolledBack) with { RolledBackOnRequest = true }).ExitCode.ShouldBe(0);

    [Fact]
    public void A_failed_way_back_is_a_failure_for_whoever_asked_for_it() => (Ended(RunResult.RollbackFailed) with { RolledBackOnRequest = true }).ExitCode.ShouldBe(1);

    [Fact]
    public void A_plan_that_could_not_look_at_something_is_a_failure() =>
        new HostOutcome("h", new Planned("d", 1, [new ResourceChange("unit:x", ChangeAction.Unknown, []) { Error = "no systemd" }])).ExitCode.ShouldBe(1);

    [Fact]
    public void A_failing_host_outweighs_drift_and_wrong_input() => HostOutcome.Worst(
        [Ended(RunResult.Drift), new HostOutcome("b", new Refused(ErrorKind.InvalidInput, "x")), new HostOutcome("c", new Refused(ErrorKind.Unreachable, "x"))]).ShouldBe(1);

    [Fact]
    public void Drift_outweighs_success() => HostOutcome.Worst([Ended(RunResult.Unchanged), Ended(RunResult.Drift)]).ShouldBe(2);

    private static HostOutcome Ended(RunResult result) => new("h", new Finished(result, "sha256:0", 0, 0, 0, 0));
}
