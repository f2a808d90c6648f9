using System.Text;
using Cloudlet.Errors;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Model;
using Cloudlet.Linux;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Ssh;

/// <summary>The keys of a lab and its ssh configuration, with which <c>ssh -F CONFIG NAME</c> works without prompts.</summary>
internal sealed class LabSsh
{
    private const UnixFileMode OwnerOnlyFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string HostKeyInRoot = "etc/ssh/ssh_host_ed25519_key";

    private static readonly TimeSpan KeyTimeout = TimeSpan.FromSeconds(60);

    private readonly LabStore _store;
    private readonly IProcesses _processes;

    public LabSsh(LabStore store, IProcesses processes)
    {
        _store = store;
        _processes = processes;
    }

    private string PrivateKey => Path.Combine(_store.SshFolder, "id_ed25519");

    private string KnownHosts => Path.Combine(_store.SshFolder, "known_hosts");

    /// <summary>The lab's public key in authorized_keys form; the pair is created on first use.</summary>
    public async Task<string> PublicKeyAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(_store.SshFolder, OwnerOnlyFolder);
        if (!File.Exists(PrivateKey + ".pub"))
            await GenerateAsync(PrivateKey, "cloudlet-lab", ct);
        return (await File.ReadAllTextAsync(PrivateKey + ".pub", ct)).Trim();
    }

    /// <summary>Writes a host key into the root at <paramref name="root"/> and stores the public key next to host.json.</summary>
    public async Task SeedHostKeyAsync(string root, string name, CancellationToken ct)
    {
        var key = Path.Combine(root, HostKeyInRoot);
        await GenerateAsync(key, name, ct);
        File.Copy(key + ".pub", HostKeyOf(name), overwrite: true);
    }

    /// <summary>Writes known hosts and configuration for the containers among <paramref name="hosts"/>.</summary>
    public void WriteConfig(IEnumerable<HostRecord> hosts)
    {
        Directory.CreateDirectory(_store.SshFolder, OwnerOnlyFolder);
        var known = new StringBuilder();
        var config = new StringBuilder("# Written by 'cloudlet lab'; use it with ssh -F.\n");
        foreach (var host in hosts)
        {
            if (host.Address is null || !File.Exists(HostKeyOf(host.Spec.Name)))
                continue;
            var words = File.ReadAllText(HostKeyOf(host.Spec.Name)).Split(' ');
            known.Append(host.Address).Append(' ').Append(words[0]).Append(' ').Append(words[1]).Append('\n');
            config.Append(Entry(host.Spec.Name, host.Address));
        }

        FileReplacement.Write(KnownHosts, known.ToString());
        FileReplacement.Write(_store.SshConfigPath, config.ToString());
    }

    /// <summary>Removes keys and configuration.</summary>
    public void Remove()
    {
        if (Directory.Exists(_store.SshFolder))
            Directory.Delete(_store.SshFolder, recursive: true);
    }

    private string Entry(string name, string address) =>
        $"""

            Host {name} {address}
                HostName {address}
                User root
                IdentityFile {PrivateKey}
                IdentitiesOnly yes
                UserKnownHostsFile {KnownHosts}
                GlobalKnownHostsFile /dev/null
                StrictHostKeyChecking yes
                BatchMode yes
                ConnectTimeout 10

            """;

    private string HostKeyOf(string name) => Path.Combine(_store.HostFolder(name), "host_key.pub");

    private async Task GenerateAsync(string path, string comment, CancellationToken ct)
    {
        File.Delete(path); // ssh-keygen asks before it overwrites
        var result = await _processes.RunAsync(
            HelperPrograms.SshKeygen,
            ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path],
            KeyTimeout,
            ct
        );
        if (result.ExitCode != 0)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"ssh-keygen could not make the key {path} (exit code {result.ExitCode}): {result.Error.Trim()}"
            );
    }
}
