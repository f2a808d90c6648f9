using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;

namespace Cloudlet.Lab.Tests.LabHosts;

public sealed class ProcParsingSpecs
{
    [Fact]
    public void A_mount_line_is_read_with_and_without_optional_fields()
    {
        string[] lines =
        [
            "36 35 0:39 / /var/lib/lab/hosts/e\\0401/root rw,noatime shared:1 master:2 - overlay overlay rw,lowerdir=/l",
            "40 35 0:4 net:[4026532211] /run/netns/edge rw - nsfs nsfs rw",
            "not a mount line",
        ];
        MountTable
            .Parse(lines)
            .ShouldBe([
                new MountEntry(39, "/", "/var/lib/lab/hosts/e 1/root", "overlay", "rw,lowerdir=/l"),
                new MountEntry(4, "net:[4026532211]", "/run/netns/edge", "nsfs", "rw"),
            ]);
    }

    [Fact]
    public void Large_device_numbers_are_composed_as_makedev_does() =>
        MountTable.Parse(["1 1 8:300 / /x rw - ext4 /dev/x rw"]).ShouldHaveSingleItem().Device.ShouldBe((8UL << 8) | 44 | (256UL << 12));

    [Fact]
    public void Files_that_are_mounted_in_a_deleted_folder_stay()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts");
        var (kept, deleted) = (Directory.CreateTempSubdirectory("lab-kept"), Directory.CreateTempSubdirectory("lab-deleted"));
        try
        {
            File.WriteAllText(Path.Combine(kept.FullName, "file"), "of the machine");
            var point = deleted.CreateSubdirectory("root/mnt").FullName;
            const nuint Bind = 0x1000;
            LabCalls.Mount(kept.FullName, point, "none", Bind, null, "bind a folder");
            LabCalls.Mount("tmpfs", point, "tmpfs", 0, null, "mount over it");

            MountTable.DeleteFolder(deleted.FullName);

            deleted.Refresh();
            deleted.Exists.ShouldBeFalse();
            File.ReadAllText(Path.Combine(kept.FullName, "file")).ShouldBe("of the machine");
        }
        finally
        {
            MountTable.DeleteFolder(deleted.FullName);
            kept.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_container_gets_a_group_in_each_hierarchy_that_systemd_uses()
    {
        MountEntry[] mounts =
        [
            new(1, "/", "/sys/fs/cgroup/systemd", "cgroup", "rw,name=systemd"),
            new(2, "/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
            new(3, "/", "/sys/fs/cgroup/unified", "cgroup2", "rw"),
        ];
        ControlGroups
            .For("edge-1-ab12", unit: null, mounts)
            .ShouldBe(["/sys/fs/cgroup/systemd/cloudlet-lab-edge-1-ab12", "/sys/fs/cgroup/unified/cloudlet-lab-edge-1-ab12"]);
        ControlGroups.For("edge-1-ab12", "x.service", mounts[2..]).ShouldBe(["/sys/fs/cgroup/unified/system.slice/x.service/container"]);
    }

    [Fact]
    public void The_end_of_a_console_log_is_shown_without_colours_and_blank_lines()
    {
        string[] lines = ["one", "[\e[0;32m  OK  \e[0m] Reached target\r", "", "\e7three\a"];
        TextTail.Of(lines, 2).ShouldBe("[  OK  ] Reached target\nthree\n");
        TextTail.OfFile("/no/such/log", 3).ShouldContain("never written");
    }

    [Fact]
    public void The_boot_script_restarts_when_nspawn_asks_for_it() => BootScript.Text.ShouldContain($"-eq {BootScript.RestartStatus} ]");
}
