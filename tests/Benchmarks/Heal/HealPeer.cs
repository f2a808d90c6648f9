namespace Cloudlet.Benchmarks.Heal;

/// <summary>Other programs that can keep a host as described. Each manages one cable and one file, far less than our daemon.</summary>
/// <param name="Name">With its flags and how it runs.</param>
/// <param name="Start">Starts it in the host as unit bench-peer.</param>
/// <param name="Stop">Removes it.</param>
/// <param name="Bound">How long a trial waits.</param>
/// <param name="Trials">Trials of links and of addresses.</param>
/// <param name="FileTrials">Trials of files; 0 when it does not manage files.</param>
internal sealed record HealPeer(string Name, string Start, string Stop, TimeSpan Bound, int Trials, int FileTrials)
{
    private const string StopUnit = "systemctl stop bench-peer";

    /// <summary>All peers.</summary>
    public static IReadOnlyList<HealPeer> All(bool quick) =>
        [
            new(
                "systemd-networkd (.netdev and .network)",
                "cp /root/bench/*.netdev /root/bench/*.network /etc/systemd/network/ && chmod 0644 /etc/systemd/network/*heal* && "
                    + "systemctl restart systemd-networkd",
                "rm /etc/systemd/network/*heal* && systemctl restart systemd-networkd",
                TimeSpan.FromSeconds(5),
                3,
                0
            ),
            new(
                "monit, set daemon 1",
                Unit("monit -I -c /root/bench/monitrc"),
                StopUnit,
                TimeSpan.FromSeconds(20),
                quick ? 3 : 10,
                quick ? 2 : 5
            ),
            new(
                "cf-agent -K -f, continuously",
                Unit("sh -c 'while :; do cf-agent -K -f /root/bench/heal.cf; done'"),
                StopUnit,
                TimeSpan.FromSeconds(20),
                quick ? 3 : 10,
                quick ? 2 : 5
            ),
            new(
                "ansible-playbook -c local, no facts, continuously",
                Unit("sh -c 'while :; do ansible-playbook -i localhost, -c local /root/bench/heal.yml; done'"),
                StopUnit,
                TimeSpan.FromSeconds(60),
                quick ? 1 : 3,
                quick ? 1 : 2
            ),
        ];

    private static string Unit(string command) => $"systemd-run -q --unit=bench-peer --setenv=HOME=/root {command}";
}
