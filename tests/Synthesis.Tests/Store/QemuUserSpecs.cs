using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Store;

/// <summary>The user that QEMU runs as, and the owner of its files.</summary>
public sealed class QemuUserSpecs
{
    private static readonly (uint User, uint Group) Service = (996, 995);

    [Fact]
    public void Under_root_it_is_a_user_of_its_own_and_files_are_roots()
    {
        var user = QemuUser.For(isRoot: true, (0, 0), []);
        (user.User, user.Group, user.IsOwn, user.Owner).ShouldBe((QemuUser.DefaultId, QemuUser.DefaultId, true, 0u));
    }

    /// <summary>The sets of a process are in proc_pid_status(5) as hexadecimal numbers.</summary>
    [Fact]
    public void In_a_service_with_the_capabilities_it_is_a_user_of_its_own_and_files_are_the_services()
    {
        var user = QemuUser.For(isRoot: false, Service, ["Uid:\t996\t996\t996\t996", $"CapAmb:\t{QemuUser.Needed:x16}"]);
        (user.User, user.IsOwn, user.Owner).ShouldBe((QemuUser.DefaultId, true, Service.User));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(19)]
    public void Without_one_of_them_it_is_the_current_user(int missing)
    {
        var user = QemuUser.For(isRoot: false, Service, [$"CapAmb:\t{QemuUser.Needed & ~(1UL << missing):x16}"]);
        (user.User, user.Group, user.IsOwn).ShouldBe((Service.User, Service.Group, false));
    }

    /// <summary>A capability that is only effective is lost when a program is started.</summary>
    [Theory]
    [InlineData("CapEff:\t00000000000800e3")]
    [InlineData("CapAmb:\tnonsense")]
    [InlineData("")]
    public void Capabilities_that_programs_do_not_inherit_are_not_enough(string status) =>
        QemuUser.For(isRoot: false, Service, [status]).IsOwn.ShouldBeFalse();

    [Fact]
    public void The_prefix_takes_every_capability_away() =>
        QemuUser
            .For(isRoot: true, (0, 0), [])
            .Prefix(kvm: null)
            .ShouldBe([
                "setpriv",
                "--reuid=60800",
                "--regid=60800",
                "--clear-groups",
                "--no-new-privs",
                "--inh-caps=-all",
                "--bounding-set=-all",
            ]);

    [Fact]
    public void Files_belong_to_the_owner_and_qemus_group()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it gives files to other users");
        using var folder = new TempDir();
        var user = QemuUser.For(isRoot: false, Service, [$"CapAmb:\t{QemuUser.Needed:x16}"]);
        user.Create(folder["disk"]);
        user.CreateFolder(folder["run"]);
        var (disk, run) = (Syscalls.NodeOf(folder["disk"])!, Syscalls.NodeOf(folder["run"])!);
        (disk.User, disk.Group).ShouldBe((Service.User, QemuUser.DefaultId));
        (run.User, run.Group).ShouldBe((QemuUser.DefaultId, QemuUser.DefaultId));
    }
}
