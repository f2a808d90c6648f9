using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Tests.Qemu;

/// <summary>What keeps a machine from running here is said before anything starts.</summary>
public sealed class QemuHostSpecs
{
    private static readonly QemuHost s_host = new(
        "stamp", "/usr/bin/qemu-system-x86_64", "7.2.22", ["none", "pc-q35-7.2", "pc-q35-7.1"],
        new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>>
        {
            ["tcg"] = new Dictionary<string, IReadOnlyList<string>> { ["Westmere"] = [], ["Skylake-Client"] = ["pcid", "invpcid"] },
        });

    [Fact]
    public void A_machine_that_can_run_has_no_obstacles() => s_host.ObstaclesOf(Samples.Machine).ShouldBeEmpty();

    [Fact]
    public void Every_obstacle_is_named()
    {
        var error = Should.Throw<CloudletException>(() => s_host.Require(Samples.Machine with { QemuVersion = "8.0.0", Machine = "pc-q35-8.0", Accelerator = "kvm" }));
        error.Kind.ShouldBe(ErrorKind.Unsupported);
        error.Message.ShouldContain("sealed by QEMU 8.0.0, and here is 7.2.22");
        error.Message.ShouldContain("no machine type 'pc-q35-8.0'");
        error.Message.ShouldContain("/dev/kvm is missing");
    }

    [Theory]
    [InlineData("Skylake-Client", "lacks what CPU model 'Skylake-Client' has: pcid, invpcid")]
    [InlineData("Skylake-Client,-pcid", "has: invpcid")]
    [InlineData("Cyrix", "knows no CPU model 'Cyrix'")]
    public void A_processor_that_lacks_something_is_refused(string cpu, string why) => s_host.ObstaclesOf(Samples.Machine with { Cpu = cpu }).ShouldHaveSingleItem().ShouldContain(why);

    [Fact]
    public void A_feature_that_is_switched_off_need_not_be_there() => s_host.ObstaclesOf(Samples.Machine with { Cpu = "Skylake-Client,-pcid,-invpcid" }).ShouldBeEmpty();

    [Theory]
    [InlineData("7.2.9", true)]
    [InlineData("7.10.0", false)]
    public void Versions_are_numbers_and_not_words(string sealedBy, bool runs) => (s_host.ObstaclesOf(Samples.Machine with { QemuVersion = sealedBy }).Count == 0).ShouldBe(runs);

    [Fact]
    public void Answers_are_told_apart_by_their_numbers()
    {
        const string Output =
            """
            {"QMP": {"version": {}, "capabilities": ["oob"]}}
            {"return": {}}
            {"return": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "id": 1}
            {"return": [{"name": "pc-q35-7.2"}], "id": 2}
            {"return": [{"name": "max", "unavailable-features": []}, {"name": "EPYC", "unavailable-features": ["x"]}, {"name": "old"}], "id": 3}
            {"timestamp": {}, "event": "SHUTDOWN"}

            """;
        var (version, machines, models) = QemuHost.Read(Output)!.Value;
        (version, machines.ShouldHaveSingleItem(), models["EPYC"].ShouldHaveSingleItem(), models["old"].Count).ShouldBe(("7.2.22", "pc-q35-7.2", "x", 0));
        QemuHost.Read("").ShouldBeNull();
    }
}
