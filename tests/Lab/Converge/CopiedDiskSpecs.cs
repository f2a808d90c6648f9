namespace Cloudlet.Lab.Tests.Converge;

/// <summary>A host whose disk was copied from another host: the records of that host do not apply to it.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class CopiedDiskSpecs(NetworkdConverge site)
{
    [Fact]
    public async Task With_another_machine_id_a_host_counts_as_new_and_its_records_are_set_aside()
    {
        await site.ConvergeAsync();
        await site.ShellAsync("cp /etc/machine-id /root/machine-id; tr '0-9a-f' '1-9a-f0' </root/machine-id >/etc/machine-id");
        try
        {
            var status = await site.RunAsync("status");
            status.Named("state-reported").ShouldHaveSingleItem().TryGetProperty("digest", out _).ShouldBeFalse();
            (await site.RunAsync("rollback")).ShouldExitWith(1);

            // It is as described, but unowned until a state is applied.
            (await site.RunAsync("apply")).ShouldExitWith(0);
            (await site.ShellAsync("ls /var/lib/cloudlet/set-aside/*")).ShouldContain("applied.json");
        }
        finally
        {
            await site.ShellAsync("cat /root/machine-id >/etc/machine-id; rm -f /root/machine-id");
            await site.ConvergeAsync();
            await site.ShellAsync("rm -rf /var/lib/cloudlet/set-aside");
        }
    }
}
