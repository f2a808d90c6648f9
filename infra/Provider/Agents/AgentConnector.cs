using Cloudlet.Agent;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Machine.Programs;
using Cloudlet.Machine.Ssh;
using Cloudlet.Provider.Settings;

namespace Cloudlet.Provider.Agents;

/// <summary>
/// Opens connections to real hosts: the program <c>cloudlet</c> answers on each; it is started here for this machine and over ssh for
/// others.
/// </summary>
internal sealed class AgentConnector(ProviderSettings settings, TimeProvider clock) : IAgentConnector
{
    private readonly UnreachableHosts _unreachable = new(clock);
    private CarriedProgram? _carried;

    /// <summary>The program of the cloudlet service that lies beside <c>cloudlet</c>; its digest is computed once for all hosts.</summary>
    private CarriedProgram Carried => _carried ??= new CarriedProgram(() => ProgramShelf.Find(Program()));

    /// <inheritdoc/>
    public IAgent Open(HostReach reach, Waiting waiting) =>
        reach switch
        {
            SshReach ssh => new WaitingAgent(
                new SshTarget(ssh.Host, ssh.User, ssh.Port),
                settings,
                SingleFile(),
                _unreachable,
                waiting,
                clock
            )
            {
                Carried = Carried,
            },
            NamespaceReach ns => new ProcessAgent(Program(), ns.Name),
            _ => new ProcessAgent(Program(), null) { Carried = Carried },
        };

    private string SingleFile() =>
        Program() is var path && !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "cloudlet.dll"))
            ? path
            : throw new CloudletException(
                ErrorKind.Unsupported,
                $"{path} needs files beside it and cannot be copied to a host; build the single file with `build/publish` and set its path "
                    + $"with: pulumi config set cloudlet:{ProviderSettings.ProgramKey} PATH"
            );

    private string Program()
    {
        const string name = "cloudlet";
        string?[] places = [settings.Program, Path.Combine(AppContext.BaseDirectory, name)];
        var found = Array.Find(places, static p => p is not null && File.Exists(p)) ?? ProgramSearch.Find(name);
        return found is not null
            ? Path.GetFullPath(found)
            : throw new CloudletException(
                ErrorKind.NotFound,
                $"the program {name} is neither beside the provider nor on PATH; it is needed to observe and change hosts. "
                    + $"Set its path with: pulumi config set cloudlet:{ProviderSettings.ProgramKey} "
                    + "PATH"
            );
    }
}
