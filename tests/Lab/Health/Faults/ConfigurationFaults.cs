namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Faults of files that a service loads.</summary>
internal static class ConfigurationFaults
{
    private const string Group = "configuration";
    private const string Beacon = HealedHost.Beacon;
    private const string Own = FaultHost.OwnFolder;

    /// <summary>All faults of this group.</summary>
    internal static IReadOnlyList<Fault> All { get; } =
    [
        new(Group, "edited", seed => $"sed -i s/north/south{seed.Next(1000)}/ {Beacon}"),
        new(Group, "truncated", seed => $"truncate -s {seed.Next(1, 40)} {Beacon}"),
        new(Group, "emptied", _ => $": >{Beacon}"),
        new(Group, "filled with zero bytes", seed => $"head -c {seed.Next(1, 5000)} /dev/zero >{Beacon}"),
        new(Group, "deleted", _ => $"rm {Beacon}"),
        new(Group, "mode 000", _ => $"chmod 000 {Beacon}") { KeepsService = true },
        new(Group, "another owner", _ => $"chown 1:1 {Beacon}") { KeepsService = true },
        new(Group, "became a symbolic link", _ => $"ln -sfn /etc/hostname {Beacon}"),
        new(Group, "another file mounted over it", _ => $"echo 'REGION=theirs' >/run/kept; mount --bind /run/kept {Beacon}")
        {
            Alarm = $"obstructed file:{Beacon}",
            Stays = $"grep -q theirs {Beacon}",
            Undo = $"umount {Beacon}",
        },
        new(Group, "symbolic link swapped", _ => "ln -sfn /etc/hostname /etc/cloudlet/current.conf") { KeepsService = true },
        new(Group, "folder moved away", _ => "mv /etc/cloudlet /etc/cloudlet.away"),
        new(Group, "edited, with an old time", _ => $"sed -i s/north/south/ {Beacon}; touch -d 2001-01-01 {Beacon}"),
        new(
            Group,
            "edited during the start",
            seed => $"systemctl restart --no-block {HealedHost.Service}; {seed.Pause(60)}; sed -i s/north/south/ {Beacon}"
        )
        {
            MostRestarts = 3,
        },
        new(
            Group,
            "reverted within 100 ms",
            seed => $"cp -p {Beacon} /etc/kept; sed -i s/north/south/ {Beacon}; {seed.Pause(90)}; mv /etc/kept {Beacon}"
        ),
        new(Group, "file added to conf.d", seed => $"printf '[radio]\\nchannel = {seed.Next(200)}\\n' >{Own}/radio.conf")
        {
            MostRestarts = 1,
            IsHarmless = true,
        },
        new(Group, "option changed in conf.d", seed => $"printf '[own]\\nvalue = {seed.Next(2, 1000)}\\n' >{Own}/own.conf")
        {
            MostRestarts = 1,
            IsHarmless = true,
        },
        new(
            Group,
            "option changed, with an old time",
            seed => $"printf '[own]\\nvalue = {seed.Next(2, 1000)}\\n' >{Own}/own.conf; touch -d 2001-01-01 {Own}/own.conf"
        )
        {
            MostRestarts = 1,
            IsHarmless = true,
        },
        new(Group, "comment added", _ => $"printf '# only a remark\\n' >>{Own}/own.conf") { KeepsService = true, IsHarmless = true },
        new(Group, "touched", _ => $"touch {Own}/own.conf {Beacon}") { KeepsService = true, IsHarmless = true },
        new(Group, "rewritten with the same content", _ => $"cp {Own}/own.conf /run/kept; cat /run/kept >{Own}/own.conf; rm /run/kept")
        {
            KeepsService = true,
            IsHarmless = true,
        },
        new(Group, "broken in conf.d", _ => $"printf '[own\\nvalue = 1\\n\\0' >{Own}/own.conf")
        {
            Alarm = $"configuration-broken unit:{HealedHost.Service}",
            Stays = $"systemctl is-active {HealedHost.Service}",
            KeepsService = true,
            Undo = FaultHost.OwnAsItWas,
        },
    ];
}
