namespace Cloudlet.Lab.Tests.Converge;

/// <summary>From a bare host to the example site, and no further changes after that.</summary>
public abstract class FirstConvergeSpecs(ConvergeHost site)
{
    [Fact]
    public async Task A_host_becomes_as_described_and_is_then_left_alone()
    {
        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBeOneOf("changed", "unchanged");
        (await site.RunAsync("verify")).ShouldExitWith(0).Drift.ShouldBeEmpty();
        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBe("unchanged");
        (
            await site.ShellAsync("ip -brief address show cloudlet0; cat /etc/cloudlet/current.conf; systemctl is-active cloudlet-beacon")
        ).ShouldSatisfyAllConditions(
            said => said.ShouldContain("10.80.0.1/24"),
            said => said.ShouldContain("REGION=north"),
            said => said.ShouldEndWith("active")
        );
        (await site.TemporaryFilesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_apply_that_finds_nothing_to_do_writes_nothing()
    {
        await site.ConvergeAsync();
        // The change time of every inode, which no program can set back: it shows every write, even of the same bytes.
        const string Snapshot = "find /etc /usr /var/lib/cloudlet /run/cloudlet /lib/systemd -xdev -printf '%p %i %C@ %T@\\n' | sort";
        var before = await site.ShellAsync(Snapshot);
        before.ShouldContain("/var/lib/cloudlet/applied.json");

        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBe("unchanged");

        (await site.ShellAsync(Snapshot)).ShouldBe(before);
    }
}

[Collection(nameof(NetworkdLab))]
public sealed class NetworkdFirstConvergeSpecs(NetworkdConverge site) : FirstConvergeSpecs(site);

[Collection(nameof(IfupdownLab))]
public sealed class IfupdownFirstConvergeSpecs(IfupdownConverge site) : FirstConvergeSpecs(site);
