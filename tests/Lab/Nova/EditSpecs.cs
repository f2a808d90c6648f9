using Cloudlet.Lab.Tests.Health;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>
/// The configuration of real Nova is edited under the health daemon. CI runs a sample; <c>build/nova</c> runs all and writes the tables.
/// </summary>
[Collection(nameof(NovaLab))]
public sealed class EditSpecs(NovaConverge site, EditTable table) : IClassFixture<EditTable>
{
    /// <summary>Prints the invocations of Nova's services.</summary>
    private const string Runs =
        "for u in rabbitmq-server placement-api glance-api nova-api nova-conductor nova-scheduler nova-compute; do echo $u "
        + "$(systemctl show -P InvocationID $u); done";

    private static readonly string[] Sample =
    [
        "a comment right after systemd has restarted a killed nova-compute",
        "sections in another order",
        "edited and restarted at once",
    ];

    private readonly HealedHost _host = new(site);

    /// <summary>Harmless edits that are run.</summary>
    public static TheoryData<string> Harmless => Chosen(Edit.Harmless);

    /// <summary>Adversarial edits that are run.</summary>
    public static TheoryData<string> Adversarial => Chosen(Edit.Adversarial);

    [Theory]
    [MemberData(nameof(Harmless))]
    public async Task A_harmless_edit_restarts_nothing(string what)
    {
        var edit = Edit.Harmless.Single(e => e.What == what);
        await WellAsync();
        var records = (await _host.RecordsAsync()).Count;
        var before = await site.ShellAsync($"{edit.First}; {Runs}");

        await site.ShellAsync(edit.Script);
        await _host.HealedAsync(minutes: 4);
        await LabHostFixture.EventuallyAsync(_host.IsWellAsync, "the daemon reports that all is well", minutes: 4);

        var after = await site.ShellAsync(Runs);
        string[] restarted = [.. after.Split('\n').Except(before.Split('\n')).Select(l => l.Split(' ')[0])];
        table.Add(
            "harmless",
            what,
            restarted.Length == 0,
            restarted.Length == 0 ? "nothing restarted" : $"restarted: {string.Join(", ", restarted)}"
        );
        restarted.ShouldBeEmpty(string.Join('\n', (await _host.RecordsAsync()).Skip(records)));
    }

    [Theory]
    [MemberData(nameof(Adversarial))]
    public async Task A_stale_process_is_never_missed(string what)
    {
        var edit = Edit.Adversarial.Single(e => e.What == what);
        await WellAsync();

        await site.ShellAsync(edit.Script);
        await _host.HealedAsync(minutes: 4);
        await LabHostFixture.EventuallyAsync(_host.IsWellAsync, "the daemon reports that all is well", minutes: 4);
        await site.Cloud.ComputeIsAsync("up");

        var ip = await site.Cloud.LoadedIpAsync();
        table.Add("adversarial", what, ip == NovaCloud.OwnIp, $"nova-compute runs on my_ip = {ip}");
        ip.ShouldBe(NovaCloud.OwnIp, string.Join('\n', (await _host.RecordsAsync()).TakeLast(5)));
    }

    private static TheoryData<string> Chosen(IEnumerable<Edit> edits) =>
        new(edits.Where(e => EditTable.IsAll || Sample.Contains(e.What)).Select(e => e.What));

    private async Task WellAsync()
    {
        await site.BeginAsync();
        await LabHostFixture.EventuallyAsync(_host.IsWellAsync, "the daemon reports that all is well", minutes: 4);
    }
}
