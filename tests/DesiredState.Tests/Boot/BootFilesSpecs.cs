namespace Cloudlet.DesiredState.Tests.Boot;

public class BootFilesSpecs
{
    [Theory]
    [InlineData("/etc/systemd/network/10-netplan-eth0.network")]
    [InlineData("/etc/systemd/network/05-cloudlet-br0.network.bak")]
    [InlineData("/etc/systemd/network/sub/05-cloudlet-br0.network")]
    [InlineData("/etc/systemd/system/multi-user.target.wants/systemd-networkd.service")]
    [InlineData("/etc/network/interfaces")]
    [InlineData("/etc/network/interfaces.d/eth0")]
    [InlineData("/etc/modprobe.d/dummy.conf")]
    public void Files_of_others_are_not_ours(string path) => KindDescriptors.OwnedFiles.ShouldAllBe(p => !p.Matches(path));

    [Theory]
    [InlineData("/etc/systemd/network/05-cloudlet-br0.netdev")]
    [InlineData("/etc/network/interfaces.d/50-cloudlet")]
    [InlineData("/etc/modprobe.d/50-cloudlet-dummy.conf")]
    [InlineData("/etc/modules-load.d/50-cloudlet.conf")]
    public void Files_that_we_write_are_ours(string path) => KindDescriptors.OwnedFiles.ShouldContain(p => p.Matches(path));
}
