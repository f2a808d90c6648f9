using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>
/// Whatever happens, the host ends as described or in a named state with its alarm. CI runs a sample; <c>build/faults</c> runs all and
/// writes the table.
/// </summary>
[Collection(nameof(HealthLab))]
public sealed class FaultSpecs(HealthConverge site, FaultRecorder recorder) : IClassFixture<FaultRecorder>
{
    /// <summary>Faults that no other test covers and that do not take minutes.</summary>
    private static readonly string[] Sample =
    [
        "links: renamed",
        "links: two swapped their names",
        "links: an end of a cable moved to another namespace",
        "links: its address on a foreign link",
        "configuration: another file mounted over it",
        "links: all links lost at once",
        "links: netlink overrun",
        "links: driver missing",
        "configuration: edited during the start",
        "configuration: reverted within 100 ms",
        "configuration: file added to conf.d",
        "configuration: comment added",
        "configuration: broken in conf.d",
        "units: its process got SIGSTOP",
        "units: start limit hit",
        "units: masked",
        "daemon: two copies",
        "daemon: settings damaged",
        "daemon: disk full where a file is healed",
        "daemon: rebooted during a heal",
    ];

    /// <summary>The sample with one seed, or the selection of <c>build/faults</c>.</summary>
    public static TheoryData<string, int> Chosen =>
        FaultRecorder.Seeds is { } seeds
            ? new(
                Enumerable
                    .Range(1, seeds)
                    .SelectMany(seed => FaultCatalog.All.Select(f => ($"{f}", seed)))
                    .Where(f => FaultRecorder.Only.Any(f.Item1.Contains))
            )
            : new(Sample.Select(fault => (fault, 1)));

    [Theory]
    [MemberData(nameof(Chosen))]
    public async Task A_fault_ends_as_expected(string fault, int seed)
    {
        var outcome = await recorder.HostOf(site).RunAsync(FaultCatalog.All.Single(f => f.ToString() == fault), seed);

        recorder.Add(outcome);
        outcome.Failure.ShouldBeNull();
    }
}
