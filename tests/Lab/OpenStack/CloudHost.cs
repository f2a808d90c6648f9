using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.OpenStack;

/// <summary>A lab host with the packages of a whole cloud.</summary>
public sealed class CloudHost() : LabHostFixture(LabBoot.Networkd)
{
    protected override LabFlavor With => LabFlavor.OpenStack;
}

/// <summary>The host of templates/sites/openstack.yaml, with a health daemon that looks often.</summary>
public sealed class CloudConverge() : ConvergeHost(new CloudHost(), LabBoot.Networkd, "openstack-lab.yaml", "healthd.yaml")
{
    private string? _guest;

    protected override string Site => "openstack.yaml";

    /// <summary>True when everything is run, as by <c>./check --long</c>.</summary>
    public static bool IsAll => Environment.GetEnvironmentVariable("CLOUDLET_CLOUD_ALL") == "1";

    /// <summary>Full checks every few seconds, layered over the site: servers report no event for what they hold.</summary>
    public string Often => field ??= Write("health: {fullLook: 20}");

    /// <summary>Waits until the host is a cloud as described.</summary>
    public async Task BeginAsync()
    {
        await Host.UpAsync();
        await ShellAsync("systemctl stop cloudlet-healthd 2>/dev/null || true");
        await ConvergeAsync(Often);
    }

    /// <summary>Address of a guest that stays, seen from the host.</summary>
    public async Task<string> GuestAsync()
    {
        if (_guest is not null)
            return _guest;
        var kept = (await RunWithAsync("check", ["--keep"])).ShouldExitWith(0);
        const string Says = "floating IP ";
        var step = kept.Named("check-step")
            .Select(s => s.GetProperty("found").GetString()!)
            .Single(f => f.StartsWith(Says, StringComparison.Ordinal));
        _guest = step[Says.Length..].Split(' ')[0];
        _guest.ShouldNotBeEmpty();
        return _guest;
    }

    /// <summary>Waits until the guest answers its host.</summary>
    public async Task AnswersAsync(int minutes)
    {
        var guest = await GuestAsync();
        await LabHostFixture.EventuallyAsync(
            async () => (await Host.ExecAsync("ping", "-c", "1", "-W", "1", guest)).ExitCode == 0,
            $"the guest {guest} answers",
            minutes
        );
    }
}

/// <summary>Specs that share one cloud.</summary>
[CollectionDefinition(nameof(CloudLab))]
public sealed class CloudLab : ICollectionFixture<CloudConverge>;
