using System.Text;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.TestKit;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Many network namespaces of this machine as hosts of one site.</summary>
public sealed class NamespaceConvergeSpecs : IAsyncLifetime
{
    private const int Count = 10;
    private readonly TempDir _folder = new();
    private readonly List<string> _names = [];

    [Fact]
    public async Task Ten_namespaces_converge_in_one_call_and_are_repaired()
    {
        _ = CloudletProgram.Path;
        var site = await SiteAsync();

        var first = (await CloudletProgram.RunAsync("apply", site, "--json")).ShouldExitWith(0);
        first.Named("finished").Select(e => e.GetProperty("result").GetString()).ShouldBe(Enumerable.Repeat("changed", Count));
        (await CloudletProgram.RunAsync("verify", site, "--json")).ShouldExitWith(0);

        foreach (var name in _names.Take(3))
            (await IpAsync("-n", name, "link", "delete", "br0")).ShouldExitWith(0);
        var drifted = (await CloudletProgram.RunAsync("verify", site, "--json")).ShouldExitWith(2);
        drifted.Named("summary").ShouldHaveSingleItem().GetProperty("notOk").EnumerateArray().Count().ShouldBe(3);

        var repaired = (await CloudletProgram.RunAsync("apply", site, "--json")).ShouldExitWith(0);
        repaired.Named("finished").Count(e => e.GetProperty("result").GetString() == "changed").ShouldBe(3);
        (await CloudletProgram.RunAsync("verify", site, "--json")).ShouldExitWith(0);
    }

    [Fact]
    public async Task Records_of_a_deleted_namespace_do_not_apply_to_the_next_one_of_its_name()
    {
        _ = CloudletProgram.Path;
        LabTesting.RequireRoot();
        var name = $"cl-{Guid.NewGuid().ToString("N")[..6]}-again";
        _names.Add(name);
        (await IpAsync("netns", "add", name)).ShouldExitWith(0);
        var both = _folder.Write(
            "both.yaml",
            $"hosts: {{{name}: {{reach: 'netns://{name}', links: {{br0: {{kind: bridge}}, br1: {{kind: bridge}}}}}}}}\n"
        );
        var one = _folder.Write("one.yaml", $"hosts: {{{name}: {{reach: 'netns://{name}', links: {{br0: {{kind: bridge}}}}}}}}\n");
        (await CloudletProgram.RunAsync("apply", both, "--json")).ShouldExitWith(0);

        (await IpAsync("netns", "delete", name)).ShouldExitWith(0);
        (await IpAsync("netns", "add", name)).ShouldExitWith(0);
        (await IpAsync("-n", name, "link", "add", "br1", "type", "bridge")).ShouldExitWith(0);

        (await CloudletProgram.RunAsync("apply", one, "--json")).ShouldExitWith(0);
        (await IpAsync("-n", name, "link", "show", "br1")).ShouldExitWith(0);
        (await CloudletProgram.RunAsync("rollback", one, "--json")).ShouldExitWith(0);
        (await IpAsync("-n", name, "link", "show", "br1")).ShouldExitWith(0);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _names)
        {
            await IpAsync("netns", "delete", name);
            var kept = $"/run/cloudlet/netns/{name}";
            if (Directory.Exists(kept))
                Directory.Delete(kept, recursive: true);
        }

        _folder.Dispose();
    }

    private async Task<string> SiteAsync()
    {
        LabTesting.RequireRoot();
        var tag = Guid.NewGuid().ToString("N")[..6];
        var text = new StringBuilder(
            """
            defaults:
              links:
                br0: {kind: bridge, ports: [port0], addresses: [10.80.0.1/24], routes: [{to: 10.81.0.0/16, via: 10.80.0.254}]}
                port0: {kind: veth, peer: guest0}
                guest0: {kind: veth, peer: port0, mtu: 1400, addresses: [10.90.0.1/24]}
            hosts:

            """
        );
        for (var i = 0; i < Count; i++)
        {
            var name = $"cl-{tag}-{i}";
            (await IpAsync("netns", "add", name)).ShouldExitWith(0);
            _names.Add(name);
            text.Append("  ").Append(name).Append(": {reach: netns://").Append(name).Append("}\n");
        }

        return _folder.Write("site.yaml", text.ToString());
    }

    private static Task<ProgramRun> IpAsync(params IReadOnlyList<string> arguments) => CloudletProgram.RunAnyAsync("ip", arguments);
}
