using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Provider.Agents;

/// <summary>Ways to real hosts: the program <c>cloudlet</c> answers on each, started here for this machine and over ssh elsewhere.</summary>
internal sealed class HostDoor(ProviderSettings settings, TimeProvider clock) : IHostDoor
{
    /// <inheritdoc/>
    public IAgent Open(HostReach reach) => reach switch
    {
        SshReach ssh => new SshAgent(new SshTarget(ssh.Host, ssh.User, ssh.Port), settings, SingleFile(), clock),
        NamespaceReach ns => new LocalAgent(Program(), ns.Name),
        _ => new LocalAgent(Program(), null),
    };

    private string SingleFile() => Program() is var path && !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "cloudlet.dll"))
        ? path
        : throw new CloudletException(ErrorKind.Unsupported, $"{path} needs files beside it and cannot be copied to a host; make the single file with `build/publish` and name it with: pulumi config set cloudlet:{ProviderSettings.ProgramKey} PATH");

    private string Program()
    {
        const string name = "cloudlet";
        string?[] places =
        [
            settings.Program,
            Path.Combine(AppContext.BaseDirectory, name),
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(static f => f.StartsWith('/')).Select(f => Path.Combine(f, name)),
        ];
        var found = Array.Find(places, static p => p is not null && File.Exists(p));
        return found is not null
            ? Path.GetFullPath(found)
            : throw new CloudletException(ErrorKind.NotFound, $"the program {name} is neither beside the provider nor on PATH; it is needed to look at hosts and to change them. Name it with: pulumi config set cloudlet:{ProviderSettings.ProgramKey} PATH");
    }
}
