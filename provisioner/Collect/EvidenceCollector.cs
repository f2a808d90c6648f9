using Cloudlet.DesiredState;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Situations;
using Cloudlet.Machine;

namespace Cloudlet.Collect;

/// <summary>What a collection is about.</summary>
/// <param name="Server">Id of a server that could not be scheduled; null: the newest one in ERROR.</param>
/// <param name="Applied">The state last applied to the host, or null.</param>
/// <param name="RecordedName">Host name that the health daemon recorded, or null.</param>
/// <param name="Program">Version of this program.</param>
public sealed record EvidenceRequest(string? Server, HostState? Applied, string? RecordedName, string Program)
{
    /// <summary>Id of a port that does not work; null: none was asked about.</summary>
    public string? Port { get; init; }

    /// <summary>Name of an account of the cloud that does not work; null: none was asked about.</summary>
    public string? Login { get; init; }
}

/// <summary>
/// Collects, on a host, everything that helps to explain why it, or its cloud, fails (<see cref="ExhibitCatalog"/>). Changes
/// nothing; secrets never leave the host. What cannot be collected becomes an exhibit with the reason.
/// </summary>
/// <param name="machine">The host.</param>
/// <param name="environment">Reads an environment variable: the account for the API, as an openrc file sets it.</param>
/// <param name="clock">The host's clock.</param>
public sealed class EvidenceCollector(IMachine machine, Func<string, string?> environment, TimeProvider clock)
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    private readonly Redaction _redaction = new();

    /// <summary>Collects.</summary>
    /// <param name="request">What to collect.</param>
    /// <param name="progress">Receives what is being collected.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<Bundle> CollectAsync(EvidenceRequest request, IProgress<string> progress, CancellationToken ct)
    {
        var maker = new ExhibitMaker(machine.Processes, _redaction, clock);
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(3),
        };
        using var client = new HttpClient(handler) { Timeout = LongestAnswer, MaxResponseContentBufferSize = ApiEvidence.LongestAnswer };

        // Learn the secrets of all configuration before any text is cleaned.
        var files = ConfigurationFiles().Select(path => (path, Text: TextOf(path))).ToList();
        foreach (var (_, text) in files)
            if (text is not null)
                _redaction.Learn(text);
        foreach (var name in new[] { "OS_PASSWORD", "OS_TOKEN" })
            if (environment(name) is { Length: > 0 } secret)
                _redaction.Learn($"password = {secret}\n");
        var all = files.Where(f => f.Text is not null).SelectMany(f => OsloText.Read(f.path, f.Text!).Options).ToList();
        var options = all.Where(o => o.Exhibit.StartsWith("/etc/nova/", StringComparison.Ordinal)).ToList();
        string? Option(string name) => options.LastOrDefault(o => o.Name == name)?.Value;

        progress.Report("looking at units, logs and configuration");
        var host = await new HostEvidence(machine, maker, request.Applied, request.RecordedName, clock).CollectAsync(ct);
        List<Exhibit> exhibits = [.. host];
        foreach (var (path, text) in files)
            exhibits.Add(
                await maker.TextAsync(
                    ExhibitIds.Configuration(path),
                    $"cat {path}",
                    () => Task.FromResult(text ?? throw new CloudletException(ErrorKind.PermissionDenied, $"{path} cannot be read"))
                )
            );

        progress.Report("asking the broker, Nova, Placement and Neutron");
        exhibits.Add(
            await maker.TextAsync(
                ExhibitIds.Broker,
                "a TCP connection to each broker of transport_url, closed at once",
                async () =>
                    Option("DEFAULT.transport_url") is { Length: > 0 } url
                        ? await BrokerEvidence.ReachAsync(url, ct)
                        : throw new CloudletException(ErrorKind.NotFound, "nova.conf has no transport_url")
            )
        );
        var cloud = new CloudEvidence(machine, maker, all, client);
        exhibits.AddRange(await cloud.CollectAsync(ct));
        var api = new ApiEvidence(maker, _redaction, client, clock);
        exhibits.AddRange(
            await api.CollectAsync(
                () =>
                    cloud.Token is { } token && !CloudAccess.IsNamed(environment)
                        ? Task.FromResult(CloudAccess.Of(token))
                        : CloudAccess.LogInAsync(environment, Option("api.auth_strategy") == "noauth2", client, ct),
                request,
                cloud,
                ct
            )
        );
        return new Bundle(
            BundleHeader.Of(Environment.MachineName, clock.GetUtcNow(), request.Program),
            [.. exhibits.DistinctBy(e => e.Id)]
        );
    }

    private IEnumerable<string> ConfigurationFiles()
    {
        foreach (var path in ExhibitCatalog.Configuration)
        {
            if (path.EndsWith('/'))
                foreach (var name in machine.Files.List(path.TrimEnd('/')).Where(n => n.EndsWith(".conf", StringComparison.Ordinal)))
                    yield return path + name;
            else if (machine.Files.Stat(path) is not null)
                yield return path;
        }
    }

    private string? TextOf(string path)
    {
        try
        {
            return machine.Files.Read(path) is { } bytes ? ExhibitMaker.TextOf(bytes) : null;
        }
        catch (CloudletException)
        {
            return null;
        }
    }
}
