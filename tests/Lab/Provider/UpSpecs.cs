using System.Text.Json;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Provider;

/// <summary>
/// The program in infra/Sites and the provider together bring up a lab host, with an engine of Pulumi's own stubs between them.
/// </summary>
public sealed class UpSpecs(NetworkdHost host) : IClassFixture<NetworkdHost>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudlet-test-").FullName;

    [Fact]
    public async Task A_site_file_becomes_a_host_and_verify_agrees()
    {
        _ = CloudletProgram.Path;
        try
        {
            await ProviderPrograms.RequireAsync();
            await host.UpAsync();
            var site = Path.Combine(_folder, "site.yaml");
            await File.WriteAllTextAsync(
                site,
                $$"""
                site: up
                hosts:
                  {{host.Name}}:
                    reach: ssh://root@{{host.Name}}
                    boot: networkd
                    links:
                      up0: { kind: bridge, mtu: 1400, addresses: [10.83.0.1/24] }
                    files:
                      /etc/up/one: { content: "one\n" }
                """
            );

            var preview = await UpAsync(site, "preview");
            (await VerifyAsync(site)).ShouldExitWith(2);
            var made = await UpAsync(site);
            (await VerifyAsync(site)).ShouldExitWith(0);
            (await UpAsync(site)).Operation.ShouldBe("same");
            (await host.ExecAsync("sh", "-c", "ip link set up0 mtu 1300; echo two >/etc/up/one")).ExitCode.ShouldBe(0);
            var repaired = await UpAsync(site);
            (await VerifyAsync(site)).ShouldExitWith(0);

            preview.Operation.ShouldBe("create");
            made.Operation.ShouldBe("create");
            made.Outputs.GetProperty("addresses")
                .GetProperty(host.Name)
                .EnumerateArray()
                .Select(a => a.GetString())
                .ShouldBe(["10.83.0.1/24"]);
            made.Outputs.GetProperty("digests").GetProperty(host.Name).GetString().ShouldStartWith("sha256:");
            repaired.Operation.ShouldBe("update");
            repaired.Detailed.ShouldBe(["files[\"/etc/up/one\"].content", "links.up0.mtu"]);
        }
        finally
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private Task<ProgramRun> VerifyAsync(string site) => CloudletProgram.RunAsync("verify", site, "--ssh-config", host.Store.SshConfigPath);

    private async Task<Up> UpAsync(string site, params IReadOnlyList<string> mode)
    {
        var run = (
            await ProviderPrograms.NodeAsync(
                "provider/up.mjs",
                [
                    ProviderPrograms.Provider,
                    host.Store.SshConfigPath,
                    ProviderPrograms.Sites,
                    site,
                    Path.Combine(_folder, "state.json"),
                    .. mode,
                ]
            )
        ).ShouldExitWith(0);
        var ofHost = run.Events.Single(e => e.TryGetProperty("host", out _));
        var ofStack = run.Events.Single(e =>
            e.TryGetProperty("outputsOf", out var urn) && urn.GetString()!.Contains("pulumi:pulumi:Stack", StringComparison.Ordinal)
        );
        var detailed = ofHost.TryGetProperty("detailed", out var paths)
            ? paths.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal).ToList()
            : [];
        return new Up(ofHost.GetProperty("operation").GetString()!, detailed, ofStack.GetProperty("outputs"));
    }

    private sealed record Up(string Operation, IReadOnlyList<string> Detailed, JsonElement Outputs);
}
