using Cloudlet.Errors;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit;
using NSubstitute;

namespace Cloudlet.Machine.Tests.Kernel;

public sealed class HostKernelSpecs : IDisposable
{
    private readonly TempDir _root = new();
    private readonly IProcesses _processes = Substitute.For<IProcesses>();
    private readonly HostKernel _kernel;

    public HostKernelSpecs()
    {
        _root.Write("proc/sys/kernel/osrelease", "6.1.0-test\n");
        _root.Write("sys/module/live_one/initstate", "live\n");
        _root.Write("sys/module/going_one/initstate", "going\n");
        _root.Write("sys/module/built_in_with_parameters/parameters/x", "Y\n");
        _root.Write("lib/modules/6.1.0-test/modules.builtin", "kernel/drivers/net/quiet-builtin.ko\nkernel/net/unix/unix.ko\n");
        _root.Write(
            "lib/modules/6.1.0-test/modules.dep",
            "kernel/drivers/net/dummy.ko.zst: kernel/a/helper.ko.zst\nkernel/net/bridge/br-netfilter.ko:\n"
        );
        _kernel = new HostKernel(_processes, _root.Path);
    }

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("live_one", true)]
    [InlineData("live-one", true)]
    [InlineData("going_one", false)]
    [InlineData("built_in_with_parameters", true)]
    [InlineData("quiet_builtin", true)]
    [InlineData("quiet-builtin", true)]
    [InlineData("unix", true)]
    [InlineData("nix", false)]
    [InlineData("dummy", false)]
    public void A_module_is_available_when_loaded_or_built_in(string name, bool available) =>
        _kernel.IsModuleAvailable(name).ShouldBe(available);

    [Theory]
    [InlineData("")]
    [InlineData("../../etc")]
    [InlineData("a b")]
    public void An_invalid_module_name_is_refused(string name) =>
        Should.Throw<CloudletException>(() => _kernel.IsModuleAvailable(name)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public async Task An_available_module_is_not_loaded_again()
    {
        await _kernel.LoadModuleAsync("live_one", CancellationToken.None);

        _processes.ReceivedCalls().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("no_such_driver")]
    [InlineData("helper")] // only named as a dependency here, so not in this list under its own name
    public async Task A_module_that_the_kernel_does_not_have_is_a_missing_driver(string name)
    {
        (await Should.ThrowAsync<CloudletException>(_kernel.LoadModuleAsync(name, CancellationToken.None))).Kind.ShouldBe(
            ErrorKind.DriverMissing
        );

        _processes.ReceivedCalls().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("dummy")]
    [InlineData("br-netfilter")]
    public async Task A_refusal_of_modprobe_contains_its_message(string name)
    {
        _processes.RunAsync(default!, default!, default, default).ReturnsForAnyArgs(new ProcessResult(1, "", "modprobe: ERROR: no way\n"));

        var error = await Should.ThrowAsync<CloudletException>(_kernel.LoadModuleAsync(name, CancellationToken.None));

        error.Kind.ShouldBe(Environment.IsPrivilegedProcess ? ErrorKind.ProcessFailed : ErrorKind.PermissionDenied);
        error.Message.ShouldContain("no way");
    }

    [Fact]
    public void Parameters_are_read_where_they_exist()
    {
        _kernel.ModuleParameters("built-in-with-parameters").ShouldBe(new Dictionary<string, string> { ["x"] = "Y" });
        _kernel.ModuleParameters("live_one").ShouldBeEmpty();
    }

    [Fact]
    public void The_boot_id_of_this_host_is_a_uuid()
    {
        Guid.TryParse(new HostKernel(_processes).BootId, out _).ShouldBeTrue();
        Should.Throw<CloudletException>(() => _kernel.BootId).Kind.ShouldBe(ErrorKind.Unsupported);
    }
}
