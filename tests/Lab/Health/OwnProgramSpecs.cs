using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Health;

/// <summary>The daemon's own program and unit are described like anything else: losing them must not end healing.</summary>
[Collection(nameof(HealthLab))]
public sealed class OwnProgramSpecs(HealthConverge site)
{
    private const string Program = "/usr/local/lib/cloudlet/cloudlet";
    private const string Spare = "/var/lib/cloudlet/program/cloudlet";
    private const string Kill = "kill -KILL $(systemctl show -P MainPID cloudlet-healthd)";

    private readonly HealedHost _host = new(site);

    [Theory]
    [InlineData("rm " + Program)]
    [InlineData("rm " + Program + "; " + Kill)]
    [InlineData("rm " + Program + " " + Spare)]
    [InlineData("rm -rf /var/lib/cloudlet || true")]
    [InlineData("rm " + Program + "; mkdir " + Program + "; " + Kill)]
    [InlineData("chmod 000 " + Program + "; " + Kill)]
    [InlineData("cp /bin/true /tmp/true; mv /tmp/true " + Program)]
    [InlineData("systemctl stop cloudlet-healthd; truncate -s 100000 " + Program + "; systemctl start cloudlet-healthd")]
    [InlineData("rm /etc/systemd/system/cloudlet-healthd.service; systemctl daemon-reload; sleep 1; " + Kill)]
    public async Task Healing_continues_whatever_happens_to_the_program(string byHand)
    {
        await _host.BeginAsync();

        await site.ShellAsync(byHand);
        await LabHostFixture.EventuallyAsync(IsBackAsync, "the program is restored, and the daemon runs it");

        await site.ShellAsync("ip link delete cloudlet0");
        await _host.HealedAsync();
    }

    private async Task<bool> IsBackAsync() =>
        (
            await site.Host.ExecAsync(
                "sh",
                "-ec",
                $"{Program} --version; {Spare} --version; test /proc/$(systemctl show -P MainPID cloudlet-healthd)/exe -ef {Program}"
            )
        ).ExitCode == 0
        && await _host.IsAsDescribedAsync()
        && await _host.IsWellAsync();
}
