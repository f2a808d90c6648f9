using System.Text.Json.Nodes;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.Resources.Tests.Databases;
using Cloudlet.TestKit.Cloud;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Cloud;

/// <summary>A host in memory that describes a cloud, whose services answer on loopback.</summary>
internal sealed class CloudHost : IAsyncDisposable
{
    public const string AdminPath = "/etc/cloudlet/secrets/keystone-admin";
    public const string AdminPassword = "Admin-pw-77";

    public CloudHost()
    {
        Cloud = new FakeCloud(AdminPassword);
        Host.Machine.Files[AdminPath] = $"{AdminPassword}\n";
        Host.Machine.Probes.Services[Cloud.AuthUrl] = FakeProbes.Status(200);
    }

    public FakeCloud Cloud { get; }

    public DatabaseHost Host { get; } = new();

    /// <summary>The key <c>cloud</c>, and the secrets of the accounts, before other keys.</summary>
    public string With(string sections) =>
        $"secrets: {{admin: {AdminPath}, nova: {DatabaseHost.SecretPath}}}, "
        + $"cloud: {{authUrl: '{Cloud.AuthUrl}', secret: admin}}{(sections.Length > 0 ? ", " : "")}{sections}";

    public Task<Plan> PlanAsync(string sections) => Host.PlanAsync(With(sections));

    /// <summary>Applies, expects success, and expects the next plan to be empty.</summary>
    public async Task ConvergeAsync(string sections)
    {
        (await Host.ApplyAsync(With(sections))).Failed.ShouldBe(0, string.Join('\n', Host.Failures));
        (await PlanAsync(sections)).Changes.ShouldBeEmpty();
    }

    /// <summary>Applies, and returns how many changes failed.</summary>
    public async Task<int> FailuresAsync(string sections) => (await Host.ApplyAsync(With(sections))).Failed;

    /// <summary>The last body that was sent with a method to a path.</summary>
    public JsonNode SentTo(string method, string path) =>
        JsonNode.Parse(Cloud.Requests.Last(r => r.Method == method && r.Path.StartsWith(path, StringComparison.Ordinal)).Body)!;

    public async ValueTask DisposeAsync()
    {
        await Cloud.DisposeAsync();
        Host.Dispose();
    }
}

/// <summary>Another program on the same host: the same files and records, and nothing in memory.</summary>
internal sealed class CloudHostView(CloudHost host) : IAsyncDisposable
{
    private readonly DatabaseHost _other = new(host.Host);

    public Task<Plan> PlanAsync(string site) => _other.PlanAsync(site);

    public Task<Finished> ApplyAsync(string site) => _other.ApplyAsync(site);

    public ValueTask DisposeAsync()
    {
        _other.Dispose();
        return ValueTask.CompletedTask;
    }
}
