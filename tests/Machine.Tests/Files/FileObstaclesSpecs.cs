using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Files;

public sealed class FileObstaclesSpecs
{
    private const string Table = """
        21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        30 21 0:25 / /etc/full rw - tmpfs tmp rw
        31 21 8:1 /root/mine /etc/motd rw shared:1 - ext4 /dev/sda1 rw
        32 21 8:1 / /srv ro - ext4 /dev/sda1 rw
        33 21 0:26 / /srv/a\040b rw - tmpfs tmp ro
        34 32 0:27 / /srv/data rw - tmpfs tmp rw
        nonsense
        """;

    [Theory]
    [InlineData("/etc/motd", "/root/mine of /dev/sda1 (ext4) is mounted over /etc/motd")]
    [InlineData("/etc/full", "umount /etc/full")]
    [InlineData("/etc/full/x", null)]
    [InlineData("/etc/passwd", null)]
    [InlineData("/srv/x/y", "read-only at /srv;")]
    [InlineData("/srvx", null)]
    [InlineData("/srv/a b/x", "mount -o remount,rw /srv/a b")]
    [InlineData("/srv/data/x", null)]
    public void A_mount_over_a_path_is_named_with_advice(string path, string? expected)
    {
        var found = FileObstacles.OfMounts(path, FileObstacles.Mounts(Table.Split('\n')));
        if (expected is null)
            found.ShouldBeNull();
        else
            found.ShouldNotBeNull().ShouldContain(expected);
    }

    [Theory]
    [InlineData("/etc", "/")]
    [InlineData("/etc/full", "/etc/full")]
    [InlineData("/etc/full/deep", "/etc/full")]
    [InlineData("/srv/data/x", "/srv/data")]
    public void The_mount_of_a_folder_is_the_last_of_the_longest(string folder, string point) =>
        FileObstacles.Above(folder, FileObstacles.Mounts(Table.Split('\n')))!.Point.ShouldBe(point);

    [Fact]
    public void A_file_under_a_mount_and_an_immutable_file_are_reported()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: mounts and attributes");
        using var folder = new TempDir();
        var file = folder.Write("motd", "ours");
        var files = new HostFiles();
        files.ObstacleAt(file).ShouldBeNull();

        Run("mount", "--bind", folder.Write("other", "theirs"), file);
        try
        {
            Should.Throw<CloudletException>(() => files.Write(file, "ours"u8, UnixFileMode.UserRead)).Kind.ShouldBe(ErrorKind.Busy);
            files.ObstacleAt(file).ShouldNotBeNull().ShouldContain($"umount {file}");
        }
        finally
        {
            Run("umount", file);
        }

        Assert.SkipUnless(Run("chattr", "+i", file) == 0, "this file system has no immutable attribute");
        try
        {
            files.ObstacleAt(file).ShouldNotBeNull().ShouldContain($"chattr -i {file}");
        }
        finally
        {
            Run("chattr", "-i", file);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
