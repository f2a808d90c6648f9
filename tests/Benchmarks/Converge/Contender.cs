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

    /// <summary>A session that does nothing: what every contender over ssh has to wait for.</summary>
    public static Contender Ssh { get; } = new("ssh HOST true", ["ssh", "root@127.0.0.1", "true"]);

    /// <summary>Our program over ssh.</summary>
    public static Contender OursOverSsh { get; } =
        new("cloudlet apply site.yaml, over ssh", [$"{Folder}/cloudlet", "apply", $"{Folder}/remote.yaml"]);

    /// <summary>
    /// All contenders over ssh, in the order of the rounds. The peers reuse one connection per run, as Debian's configuration of ansible
    /// does.
    /// </summary>
    public static IReadOnlyList<Contender> Remote { get; } =
    [
        OursOverSsh,
        Ssh,
        RemotePlaybook("ansible-playbook, over ssh", []),
        RemotePlaybook("ansible-playbook, over ssh, ANSIBLE_PIPELINING=1", ["ANSIBLE_PIPELINING=1"]),
        RemotePlaybook(
            "ansible-playbook, over ssh, with Mitogen",
            ["ANSIBLE_STRATEGY_PLUGINS=/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy", "ANSIBLE_STRATEGY=mitogen_linear"]
        ),
    ];

    /// <summary>How long a program takes to start: it does nothing but print its version.</summary>
    public static IReadOnlyList<Contender> Starts { get; } =
    [
        new("cloudlet --version", [$"{Folder}/cloudlet", "--version"]),
        new("true", ["true"]),
        new("cf-agent --version", ["cf-agent", "--version"]),
        new("ansible-playbook --version", ["ansible-playbook", "--version"]),
    ];

    private static Contender RemotePlaybook(string name, IReadOnlyList<string> environment) =>
        new(
            name,
            [
                "env",
                .. environment,
                "ansible-playbook",
                "-i",
                "localhost,",
                "-e",
                "ansible_connection=ssh",
                "-e",
                "ansible_host=127.0.0.1",
                $"{Folder}/playbook.yml",
            ]
        );

    private static Contender Playbook(string name, IReadOnlyList<string> more) =>
        new(name, ["ansible-playbook", "-i", "localhost,", "-c", "local", .. more, $"{Folder}/playbook.yml"]);
}
