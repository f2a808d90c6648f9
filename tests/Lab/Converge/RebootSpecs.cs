namespace Cloudlet.Lab.Tests.Converge;

/// <summary>The described state survives a reboot by the distribution's own means, before any program of ours runs.</summary>
public abstract class RebootSpecs(ConvergeHost site)
{
    private const string Foreign = "/etc/systemd/network/50-somebody.network";
    private const string ForeignText = "[Match]\nName=nobody0\n";

    [Fact]
    public async Task A_rebooted_host_is_as_described_without_what_is_no_longer_described()
    {
        await site.Host.WriteFileAsync(Foreign, ForeignText);
        await site.ConvergeAsync();
        var extra = site.Write(
            """
            links:
              extra0:
                kind: bridge
                addresses: [10.82.0.1/24]
            """
        );
        (await site.RunAsync("apply", extra)).ShouldExitWith(0);
        (await BootFilesAsync("extra0")).ShouldNotBeEmpty();

        await site.Host.RebootAsync();
        (await site.RunAsync("verify", extra)).ShouldExitWith(0).Drift.ShouldBeEmpty();

        (await site.RunAsync("apply")).ShouldExitWith(0).Result.ShouldBe("changed");
        (await LinkExistsAsync("extra0")).ShouldBeFalse();
        (await BootFilesAsync("extra0")).ShouldBeEmpty();

        await site.Host.PowerCutAsync();
        (await site.RunAsync("verify")).ShouldExitWith(0).Drift.ShouldBeEmpty();
        (await LinkExistsAsync("extra0")).ShouldBeFalse();
        (await site.Host.ReadFileAsync(Foreign)).ShouldBe(ForeignText);
    }

    private async Task<bool> LinkExistsAsync(string name) => (await site.Host.ExecAsync("ip", "link", "show", name)).ExitCode == 0;

    private Task<string> BootFilesAsync(string link) =>
        site.ShellAsync($"grep -rlw {link} /etc/systemd/network /etc/systemd/system /etc/network 2>/dev/null || true");
}

[Collection(nameof(NetworkdLab))]
public sealed class NetworkdRebootSpecs(NetworkdConverge site) : RebootSpecs(site);

[Collection(nameof(IfupdownLab))]
public sealed class IfupdownRebootSpecs(IfupdownConverge site) : RebootSpecs(site);
