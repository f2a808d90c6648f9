using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Machine.Tests.Systemd;

public sealed class SystemdBusSpecs
{
    [Theory]
    [InlineData("ssh.service", "ssh_2eservice")]
    [InlineData("9-a_b@ü.mount", "_39_2da_5fb_40_c3_bc_2emount")]
    [InlineData("", "_")]
    public void Unit_names_become_object_paths(string unit, string path) =>
        UnitReader.PathOf(unit).ShouldBe($"/org/freedesktop/systemd1/unit/{path}");

    [Theory]
    [InlineData("")]
    [InlineData("ssh")]
    [InlineData(".service")]
    [InlineData("a/b.service")]
    [InlineData("a b.service")]
    public async Task An_invalid_unit_name_is_refused_without_a_call(string unit)
    {
        using var bus = new SystemdBus("unix:path=/nonexistent");

        Should.Throw<CloudletException>(() => bus.Get(unit)).Kind.ShouldBe(ErrorKind.InvalidInput);
        (await Should.ThrowAsync<CloudletException>(async () => await bus.StartAsync(unit, CancellationToken.None))).Kind.ShouldBe(
            ErrorKind.InvalidInput
        );
    }

    [Fact]
    public async Task A_manager_that_does_not_answer_is_unreachable()
    {
        using var bus = new SystemdBus("unix:path=/nonexistent");

        Should.Throw<CloudletException>(() => bus.Get("a.service")).Kind.ShouldBe(ErrorKind.Unreachable);
        (await Should.ThrowAsync<CloudletException>(bus.StartAsync("a.service", CancellationToken.None))).Kind.ShouldBe(
            ErrorKind.Unreachable
        );
    }

    [Fact]
    public void A_host_without_systemd_is_reported()
    {
        Assert.SkipWhen(Directory.Exists("/run/systemd/system"), "this host runs systemd");
        using var bus = new SystemdBus();

        Should.Throw<CloudletException>(bus.DaemonReload).Kind.ShouldBe(ErrorKind.Unsupported);
    }
}
