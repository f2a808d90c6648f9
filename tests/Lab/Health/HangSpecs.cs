using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Health;

/// <summary>
/// Services that hang without having been stopped: the same program twice, and only one of the units has <c>hungAfter</c>.
/// </summary>
[Collection(nameof(HealthLab))]
public sealed class HangSpecs(HealthConverge site)
{
    private const string Watched = "watched.service";
    private const string Patient = "patient.service";

    /// <summary>Works until it is told to open a pipe without a writer, which blocks forever.</summary>
    private const string Program = """
        content: |
              [Service]
              ExecStartPre=/bin/rm -f /run/hang-%N
              ExecStart=/bin/sh -c 'mkfifo -m 600 /run/pipe-%N; while [ ! -e /run/hang-%N ]; do sleep 0.5; done; read line </run/pipe-%N'
              [Install]
              WantedBy=multi-user.target
        """;

    private readonly HealedHost _host = new(
        site,
        site.Write(
            $"""
            units:
              {Watched}:
                running: true
                hungAfter: 20
                {Program}
              {Patient}:
                running: true
                {Program}
            """
        )
    );

    [Fact]
    public async Task A_unit_with_hungAfter_is_restarted_and_one_without_is_left_alone()
    {
        await _host.BeginAsync();
        var (watched, patient) = (await RunOfAsync(Watched), await RunOfAsync(Patient));

        await site.ShellAsync("touch /run/hang-watched /run/hang-patient");
        await LabHostFixture.EventuallyAsync(async () => await RunOfAsync(Watched) != watched, "the unit is restarted");

        (await RunOfAsync(Patient)).ShouldBe(patient);
        (await site.ShellAsync($"grep State: /proc/$(systemctl show -P MainPID {Patient})/status")).ShouldContain("S (sleeping)");
        await LabHostFixture.EventuallyAsync(async () => await _host.IsWellAsync(), "the daemon reports that all is well");
        var record = (await _host.RecordsAsync())[^1];
        record.GetProperty("because").GetString().ShouldBe("a process that has not run for 20 s");
        record.GetProperty("left").GetArrayLength().ShouldBe(0);
        (await _host.IsAsDescribedAsync()).ShouldBeTrue();
        var restarted = await RunOfAsync(Watched);
        await Task.Delay(TimeSpan.FromSeconds(30));
        (await RunOfAsync(Watched)).ShouldBe(restarted, "a working unit is left alone");
    }

    private async Task<string> RunOfAsync(string unit) => await site.ShellAsync($"systemctl show -P InvocationID {unit}");
}
