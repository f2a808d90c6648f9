namespace Cloudlet.Lab.Tests.Nova;

/// <summary>An edit of a running Nova's configuration, while a health daemon keeps the host as described.</summary>
/// <param name="What">What is done, as a description.</param>
/// <param name="Script">The same as shell commands.</param>
internal sealed record Edit(string What, string Script)
{
    /// <summary>Preparation, as shell commands.</summary>
    public string First { get; init; } = "true";

    private const string Conf = "/etc/nova/nova.conf";
    private const string ComputeConf = "/etc/nova/nova-compute.conf";
    private const string Foreign = $"sed -i 's/^my_ip = .*/my_ip = {NovaCloud.ForeignIp}/' {Conf}";
    private const string Keep = $"cp -p {Conf} /etc/nova/.kept";
    private const string PutBack = $"cp -p /etc/nova/.kept {Conf}; rm /etc/nova/.kept";

    /// <summary>After these the processes still run with what the files contain: a restart would be a false one.</summary>
    internal static IReadOnlyList<Edit> Harmless { get; } =
    [
        new("a comment at the end of nova.conf", $"echo '# by hand' >>{Conf}"),
        new("a comment at the end of nova-compute.conf", $"echo '# by hand' >>{ComputeConf}"),
        new("a comment right after systemd has restarted a killed nova-compute", $"echo '# by hand' >>{Conf}; touch {ComputeConf}")
        {
            First = "systemctl kill -s KILL nova-compute; sleep 1; until systemctl is-active -q nova-compute; do sleep 0.1; done",
        },
        new("both files touched", $"touch {Conf} {ComputeConf}"),
        new("a modification time of tomorrow", $"touch -d tomorrow {Conf}"),
        new("a modification time of last year", $"touch -d 'last year' {Conf}"),
        new(
            "sections in another order",
            $"python3 -c \"import re; p = '{Conf}'; t = open(p).read(); parts = re.split(r'(?m)^(?=\\[)', t); open(p, "
                + "'w').write(parts[0] + ''.join(reversed(parts[1:])))\""
        ),
        new("blank lines and other spaces around =", $"sed -i 's/ = /   =  /; s/^\\[/\\n\\n[/' {Conf}"),
        new("the same content as a new file", $"cp -p {Conf} {Conf}.new; mv {Conf}.new {Conf}"),
        new("the same content written over itself", $"cat {Conf} >/run/same; cat /run/same >{Conf}; rm /run/same"),
        new("another mode and owner", $"chmod 0644 {Conf}; chown root:root {Conf}"),
        new(
            "an editor's files beside it",
            $"cp {Conf} {Conf}~; cp {Conf} /etc/nova/.nova.conf.swp; sleep 1; rm {Conf}~ /etc/nova/.nova.conf.swp"
        ),
        new("the file deleted", $"rm {Conf}"),
        new("another address until the daemon restores the file", Foreign),
        new(
            "a comment while the daemon does not run",
            $"systemctl stop cloudlet-healthd; echo '# by hand' >>{Conf}; sleep 1; systemctl start cloudlet-healthd"
        ),
        new("a comment while the daemon is on hold", $"{Hold}; echo '# by hand' >>{Conf}; sleep 1; {Release}"),
        new(
            "comments in the files of placement, Glance and the broker",
            "for f in /etc/placement/placement.conf /etc/glance/glance-api.conf; do echo '# by hand' >>$f; done; echo '# by hand' "
                + ">>/etc/rabbitmq/rabbitmq-env.conf"
        ),
        new("the daemon killed", "systemctl kill -s KILL cloudlet-healthd; sleep 2"),
        new("units reloaded by the service manager", "systemctl daemon-reload"),
    ];

    /// <summary>
    /// After these nova-compute runs with something else than the files contain, or may: not restarting it would be a miss.
    /// </summary>
    internal static IReadOnlyList<Edit> Adversarial { get; } =
    [
        new("edited and restarted at once", $"{Foreign}; systemctl restart nova-compute"),
        new(
            "edited and restarted while the daemon does not run, restored with its old times",
            $"systemctl stop cloudlet-healthd; {Keep}; {Foreign}; systemctl restart nova-compute; {PutBack}; systemctl start "
                + "cloudlet-healthd"
        ),
        new(
            "the same, restored by a rename",
            $"systemctl stop cloudlet-healthd; {Keep}; {Foreign}; systemctl restart nova-compute; mv /etc/nova/.kept {Conf}; "
                + "systemctl start cloudlet-healthd"
        ),
        new(
            "the same, with the daemon stopped by a signal",
            $"systemctl kill -s STOP cloudlet-healthd; {Keep}; {Foreign}; systemctl restart nova-compute; {PutBack}; systemctl kill "
                + "-s CONT cloudlet-healthd"
        ),
        new("the same, with the daemon on hold", $"{Hold}; {Keep}; {Foreign}; systemctl restart nova-compute; {PutBack}; {Release}"),
        new(
            "edited, modification time set back, restarted, restored",
            $"systemctl stop cloudlet-healthd; {Keep}; {Foreign}; touch -r /etc/nova/.kept {Conf}; systemctl restart nova-compute; "
                + $"{PutBack}; systemctl start cloudlet-healthd"
        ),
        new("edited 0.2 s after the start", $"systemctl restart --no-block nova-compute; sleep 0.2; {Foreign}"),
        new("edited 1 s after the start", $"systemctl restart --no-block nova-compute; sleep 1; {Foreign}"),
        new("edited 2 s after the start", $"systemctl restart --no-block nova-compute; sleep 2; {Foreign}"),
        new("edited 4 s after the start", $"systemctl restart --no-block nova-compute; sleep 4; {Foreign}"),
        new(
            "a symbolic link to another file, restarted",
            $"sed 's/^my_ip = .*/my_ip = {NovaCloud.ForeignIp}/' {Conf} >/etc/nova/other.conf; chgrp nova /etc/nova/other.conf; ln "
                + $"-sfn /etc/nova/other.conf {Conf}; systemctl restart nova-compute; rm "
                + "/etc/nova/other.conf"
        ),
        new(
            "the option in the file that is read last, restarted",
            $"sed -i '$a my_ip = {NovaCloud.ForeignIp}' {ComputeConf}; systemctl restart nova-compute"
        ),
        new("the option taken out, restarted", $"sed -i '/^my_ip/d' {Conf}; systemctl restart nova-compute"),
        new("the file emptied, restarted", $"true >{Conf}; systemctl restart nova-compute || true"),
        new("killed and edited", $"systemctl kill -s KILL nova-compute; {Foreign}"),
    ];

    private const string Hold = "/usr/local/lib/cloudlet/cloudlet hold --for 30m --reason 'an edit by hand'";
    private const string Release = "/usr/local/lib/cloudlet/cloudlet release --force";

    /// <inheritdoc/>
    public override string ToString() => What;
}
