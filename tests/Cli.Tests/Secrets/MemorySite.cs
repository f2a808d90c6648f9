using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Verbs;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Site;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Secrets;

/// <summary>The hosts of a site in memory, asked as `cloudlet apply` asks them.</summary>
internal sealed class MemorySite : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly Dictionary<string, MemoryHost> _hosts = [];
    private readonly List<string> _asked = [];

    /// <summary>The requests that hosts got, and the ends of their runs, in order.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    /// <summary>Everything that was printed.</summary>
    public string Output { get; private set; } = "";

    public IReadOnlyList<Problem> Problems { get; private set; } = [];

    public MemoryHost this[string name]
    {
        get
        {
            if (!_hosts.TryGetValue(name, out var host))
                _hosts[name] = host = new MemoryHost(name, Note);
            return host;
        }
    }

    public IEnumerable<MemoryHost> All => _hosts.Values;

    /// <summary>Runs a verb.</summary>
    /// <param name="verb">plan, apply or verify.</param>
    /// <param name="hosts">The value of the key `hosts` of a site file, in one line.</param>
    /// <param name="only">The selected hosts; empty: all.</param>
    /// <param name="rollsBack">Roll back on failure.</param>
    /// <param name="isJson">Print for programs.</param>
    /// <returns>Exit status of each host; empty when nothing was touched.</returns>
    public async Task<IReadOnlyDictionary<string, int>> RunAsync(
        HostVerb verb,
        string hosts,
        IReadOnlyCollection<string>? only = null,
        bool rollsBack = false,
        bool isJson = true
    )
    {
        lock (_asked)
            _asked.Clear();
        var output = new StringWriter();
        IReport report = isJson ? new JsonReport(output) : new HumanReport(output, output, colours: false, manyHosts: true);
        var found = await TargetSecrets.AddAsync(Find(verb, hosts, only ?? [], rollsBack), report, default);
        Problems = found.Problems;
        report.Problems(Problems);
        var outcomes = Problems.Count > 0 ? [] : await Fanout.RunAsync(found.Hosts, report, default);
        Output = output.ToString();
        return outcomes.ToDictionary(static o => o.Host, static o => o.ExitCode);
    }

    private FoundTargets Find(HostVerb verb, string hosts, IReadOnlyCollection<string> only, bool rollsBack)
    {
        var disk = new DiskSiteFiles();
        var loaded = SiteLoader.Load([_folder.Write("site.yaml", $"site: berlin\nhosts: {{{hosts}}}\n")], disk);
        loaded.Problems.ShouldBeEmpty();
        SiteHost[] selected = [.. loaded.Site!.Hosts.Where(h => only.Count == 0 || only.Contains(h.Name))];
        return new FoundTargets([.. selected.Select(h => ToTarget(h, Request(h)))], [])
        {
            Described = selected,
            Site = loaded.Site.Hosts,
            Open = h => ToTarget(h, new AgentRequest(HostVerb.GiveSecrets)),
        };

        AgentRequest Request(SiteHost host) =>
            new(verb) { State = HostCompiler.Compile(HostCompiler.DescriptionOf(host, disk)).State, RollBackOnFailure = rollsBack };

        Target ToTarget(SiteHost host, AgentRequest request) =>
            new(
                host.Name,
                host.Reach.ToString(),
                request with
                {
                    Claim = new OwnerClaim(new Owner(OwnerKind.Site, "berlin", host.Name)),
                },
                this[host.Name]
            );
    }

    private void Note(string line)
    {
        lock (_asked)
            _asked.Add(line);
    }

    public void Dispose()
    {
        foreach (var host in _hosts.Values)
            host.Dispose();
        _folder.Dispose();
    }
}
