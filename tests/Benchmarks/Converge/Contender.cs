using static Cloudlet.Benchmarks.Common.BenchHost;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>A program that brings the host to the state.</summary>
/// <param name="Name">As shown in the table, with its flags.</param>
/// <param name="Command">The command in the host.</param>
internal sealed record Contender(string Name, IReadOnlyList<string> Command)
{
    /// <summary>Our program as users call it: the aims are for this one.</summary>
    public static Contender Ours { get; } = new("cloudlet apply site.yaml", [$"{Folder}/cloudlet", "apply", $"{Folder}/site.yaml"]);

    public static Contender Ansible { get; } = Playbook("ansible-playbook -c local", []);

    public static Contender Puppet { get; } = new("puppet apply", ["puppet", "apply", $"{Folder}/manifest.pp"]);

    public static Contender CfEngine { get; } = new("cf-agent -K -f", ["cf-agent", "-K", "-f", $"{Folder}/policy.cf"]);

    /// <summary>All contenders, in the order of the rounds.</summary>
    public static IReadOnlyList<Contender> All { get; } =
    [
        Ours,
        new("cloudlet apply --state FILE", [$"{Folder}/cloudlet", "apply", "--state", $"{Folder}/bench.json"]),
        Ansible,
        Playbook("ansible-playbook -c local, facts", ["-e", "facts=true"]),
        new("ansible-playbook -c local, ANSIBLE_PIPELINING=1", ["env", "ANSIBLE_PIPELINING=1", .. Ansible.Command]),
        Puppet,
        CfEngine,
    ];

    private static Contender Playbook(string name, IReadOnlyList<string> more) =>
        new(name, ["ansible-playbook", "-i", "localhost,", "-c", "local", .. more, $"{Folder}/playbook.yml"]);
}
