using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Synthesis.Tests.Qemu;

/// <summary>Obstacles to running a machine here are reported before anything starts.</summary>
public sealed class QemuHostSpecs
{
    private static readonly QemuHost Host = new(
        "stamp",
        "/usr/bin/qemu-system-x86_64",
        "7.2.22",
        ["none", "pc-q35-7.2", "pc-q35-7.1"],
        new Dictionary<string, IReadOnlyList<string>> { ["Westmere"] = [], ["Skylake-Client"] = ["pcid", "invpcid"] }
    );

    [Fact]
    public void A_machine_that_can_run_has_no_obstacles() => Host.ObstaclesOf(Samples.Machine).ShouldBeEmpty();

    [Fact]
    public void Every_obstacle_is_named()
    {
        var obstacles = Host.ObstaclesOf(
            Samples.Machine with
            {
                QemuVersion = "8.0.0",
                Machine = "pc-q35-8.0",
                Accelerator = "kvm",
            },
            KvmCheck.Explain(null, "Westmere", "")
        );
        var error = Should.Throw<CloudletException>(() => QemuHost.Refuse(obstacles));
        error.Kind.ShouldBe(ErrorKind.Unsupported);
        error.Message.ShouldContain("expected 8.0.0 or newer, found 7.2.22");
        error.Message.ShouldContain("no machine type 'pc-q35-8.0'");
        error.Message.ShouldContain("there is no /dev/kvm");
        obstacles
            .Select(o => o.Code)
            .ShouldBe([OverlayRefusalCode.QemuOlder, OverlayRefusalCode.MachineMissing, OverlayRefusalCode.KvmUnavailable]);
        var reason = QemuHost.ReasonOf(obstacles)!;
        (reason.Code, reason.Expected, reason.Found).ShouldBe((OverlayRefusalCode.QemuOlder, "8.0.0 or newer", "7.2.22"));
        reason.Message.ShouldBe(error.Message);
    }

    [Fact]
    public void A_layout_of_the_future_is_the_only_obstacle_of_its_machine()
    {
        var obstacle = Host.ObstaclesOf(Samples.Machine with { Layout = 9 }).ShouldHaveSingleItem();

        (obstacle.Code, obstacle.Expected, obstacle.Found).ShouldBe((OverlayRefusalCode.UnknownLayout, "1 to 2", "9"));
    }

    [Theory]
    [InlineData("Skylake-Client", "lacks features of CPU model 'Skylake-Client': pcid, invpcid")]
    [InlineData("Skylake-Client,-pcid", "'Skylake-Client': invpcid")]
    [InlineData("Cyrix", "has no CPU model 'Cyrix'")]
    public void A_processor_that_lacks_something_is_refused(string cpu, string why) =>
        Host.ObstaclesOf(Samples.Machine with { Cpu = cpu }).ShouldHaveSingleItem().Message.ShouldContain(why);

    [Fact]
    public void A_disabled_feature_is_not_required() =>
        Host.ObstaclesOf(Samples.Machine with { Cpu = "Skylake-Client,-pcid,-invpcid" }).ShouldBeEmpty();

    [Theory]
    [InlineData("7.2.9", true)]
    [InlineData("7.10.0", false)]
    public void Versions_are_compared_as_numbers(string sealedBy, bool runs) =>
        (Host.ObstaclesOf(Samples.Machine with { QemuVersion = sealedBy }).Count == 0).ShouldBe(runs);

    [Fact]
    public void Answers_are_distinguished_by_their_numbers()
    {
        const string Output = """
            {"QMP": {"version": {}, "capabilities": ["oob"]}}
            {"return": {}}
            {"return": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "id": 1}
            {"return": [{"name": "pc-q35-7.2"}], "id": 2}
            {"return": [{"name": "max", "unavailable-features": []}, {"name": "EPYC", "unavailable-features": ["x"]}, {"name": "old"}], "id": 3}
            {"timestamp": {}, "event": "SHUTDOWN"}

            """;
        var (version, machines, models) = QemuHost.Read(Output)!.Value;
        (version, machines.ShouldHaveSingleItem(), models["EPYC"].ShouldHaveSingleItem(), models["old"].Count).ShouldBe(
            ("7.2.22", "pc-q35-7.2", "x", 0)
        );
        QemuHost.Read("").ShouldBeNull();
    }
}
