namespace Cloudlet.Synthesis.Tests.Manifests;

public sealed class VmDefinitionSpecs
{
    [Fact]
    public void All_errors_of_a_definition_are_reported_at_once()
    {
        var wrong = Samples.Machine with
        {
            Layout = 9,
            Machine = "pc-q35-7.2,dumpdtb=/etc/x",
            Accelerator = "tcg,tb-size=1",
            Cpu = "max,vendor=\"x\"",
            Cpus = 0,
            MemoryBytes = (64L << 20) + 1,
            QemuVersion = "7.2.22\n",
            Disk = "sata,drive=x",
            Card = "rtl8139",
        };
        wrong.Problems().Count.ShouldBe(9);
        Samples.Machine.Problems().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Westmere,+rdrand,-aes", true)]
    [InlineData("max", true)]
    [InlineData("max,host-cache-info=on", false)]
    [InlineData("", false)]
    [InlineData("max,+a\n", false)]
    [InlineData("max,,+a", false)]
    public void A_cpu_has_only_a_model_and_features(string cpu, bool isOne) =>
        (Samples.Machine with { Cpu = cpu }).Problems().Count.ShouldBe(isOne ? 0 : 1);
}
