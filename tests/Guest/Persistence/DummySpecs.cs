using Cloudlet.Lab;

namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>The interface that this project began with: a dummy, which a kernel forgets at every boot.</summary>
public abstract class DummySpecs(LabBoot boot) : IAsyncDisposable
{
    /// <summary>A service that needs the link at its start and writes down what it found.</summary>
    private const string Dependent =
        """
        links:
          cloudlet0: {requiredForOnline: true}
        units:
          dependent.service:
            enabled: true
            running: true
            after: [link:cloudlet0]
            content: |
              [Unit]
              Wants=network-online.target
              After=network-online.target

              [Service]
              Type=oneshot
              RemainAfterExit=yes
              ExecStartPre=/bin/sh -c 'ip -oneline address show cloudlet0 >/run/at-start'
              ExecStart=/bin/true

              [Install]
              WantedBy=multi-user.target
        """;

    private readonly ConvergeGuest _site = new(boot);

    [Fact]
    public async Task A_dummy_interface_survives_reboots_and_power_cuts()
    {
        await _site.Host.UpAsync();
        var dependent = _site.Write(Dependent);
        (await _site.RunAsync("apply", dependent)).ShouldExitWith(0).Result.ShouldBe("changed");

        // No pause: what apply calls done has to be on the disk.
        await ComesBackAsync(await _site.Host.PowerCutAsync(), dependent);

        // Possible only where loading the driver has made no dummy0 of its own.
        await _site.Host.OutputOfAsync("ip link add dummy0 type dummy && ip address add 10.99.0.1/24 dev dummy0 && ip link set dummy0 up");
        await ComesBackAsync(await _site.Host.RebootAsync(), dependent);
    }

    private async Task ComesBackAsync(Guests.GuestBoot boot, string overlay)
    {
        var failed = await _site.Host.OutputOfAsync("systemctl list-units --failed --plain --no-legend");
        boot.SystemState.ShouldBe("running", failed);
        (await _site.Host.OutputOfAsync("ip -brief link show type dummy")).Split('\n').ShouldHaveSingleItem().ShouldStartWith("cloudlet0 ");
        (await _site.Host.OutputOfAsync("cat /run/at-start")).ShouldSatisfyAllConditions(
            found => found.ShouldContain(" 10.80.0.1/24 "),
            found => found.ShouldContain(" fd00:80::1/64 "));
        (await _site.RunAsync("verify", overlay)).ShouldExitWith(0).Drift.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class NetworkdDummySpecs() : DummySpecs(LabBoot.Networkd);

public sealed class IfupdownDummySpecs() : DummySpecs(LabBoot.Ifupdown);
