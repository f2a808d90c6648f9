using System.Text;
using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Resources;
using Cloudlet.Resources.Kinds.Secrets;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Cli.Tests.Secrets;

/// <summary>
/// A host in memory with an agent. Requests and events pass through the bytes that they are sent as, so that what a test sees is what a
/// remote host gets.
/// </summary>
internal sealed class MemoryHost(string name, Action<string> asked) : IAgent, IDisposable
{
    private readonly TempDir _folder = new();
    private ContentVault? _vault;

    public FakeMachine Machine { get; } = new();

    /// <summary>Why it does not answer; null: it does.</summary>
    public string? IsUnreachable { get; set; }

    /// <summary>All lines of its answers but for those that give values.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>How often its sessions were closed.</summary>
    public int Closed { get; private set; }

    public string Read(string path) => Machine.Files[path];

    public string Secret(string name) => Read($"/etc/cloudlet/secrets/{name}");

    public bool Has(string path) => Machine.Files.Stat(path) is not null;

    /// <summary>All contents of its files outside of the folder of secrets, as text.</summary>
    public IEnumerable<string> Records =>
        Machine
            .Files.Contents.Where(static f => !f.Path.StartsWith("/etc/", StringComparison.Ordinal))
            .Select(static f => Encoding.UTF8.GetString(f.Content));

    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        asked($"{name} {request.Verb}");
        if (IsUnreachable is not null)
            throw new CloudletException(ErrorKind.Unreachable, IsUnreachable);
        await HostRunner.RunAsync(AgentRequest.Parse(request.ToBytes()), Services(request), Send, ct);

        void Send(ConvergeEvent happened)
        {
            var line = ConvergeEventJson.ToLine(happened);
            if (happened is not SecretsGiven)
                lock (Lines)
                    Lines.Add(line);
            if (happened is Finished)
                asked($"{name} finished");
            EventLines.To(events, name)(line);
        }
    }

    private HostServices Services(AgentRequest request)
    {
        _vault ??= new ContentVault(Machine.Files, StatePaths.Host.Vault);
        return new HostServices(
            Machine,
            HostKinds.For(
                new HostParts(Machine, StatePaths.Host, _vault, Machine.Clock)
                {
                    Secrets = request.Secrets,
                    IsApply = request.Verb == HostVerb.Apply,
                }
            ),
            new HostConvergeStore(Machine.Files, StatePaths.Host with { RunFolder = _folder.Path }, _vault, Machine.Clock),
            new RecordingGuard()
        )
        {
            Identity = () => new(name, name),
            Secrets = new SecretGiver(Machine.Files, _vault, new SecretCopies(Machine.Files, _vault, StatePaths.Host.Secrets)),
        };
    }

    public ValueTask DisposeAsync()
    {
        Closed++;
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        Machine.Dispose();
        _folder.Dispose();
    }
}
