using System.Text.Json;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Hosts that cannot be made as described say why, and what can be done is done.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class BadHostSpecs(NetworkdConverge site)
{
    [Fact]
    public async Task A_folder_that_is_mounted_read_only_is_named_as_such()
    {
        await site.ConvergeAsync();
        await site.ShellAsync("mount --bind /etc /etc; mount -o remount,ro,bind /etc");
        try
        {
            var failed = Failed(await site.RunAsync("apply", site.Write("files: {/etc/motd: {content: new}}")), "file:/etc/motd");
            failed.GetProperty("kind").GetString().ShouldBe("ReadOnly", StringCompareShould.IgnoreCase);
            failed.GetProperty("message").GetString()!.ShouldContain("/etc/motd");
        }
        finally
        {
            await site.ShellAsync("umount /etc");
        }

        await site.ConvergeAsync();
    }

    [Fact]
    public async Task A_unit_that_does_not_exist_is_named_and_the_rest_converges()
    {
        await site.ConvergeAsync();
        var failed = Failed(
            await site.RunAsync("apply", site.Write("units: {no-such-thing.service: {running: true}}\nfiles: {/etc/motd: {content: reached}}")), "unit:no-such-thing.service");
        failed.GetProperty("message").GetString()!.ShouldContain("no-such-thing.service");
        (await site.Host.ReadFileAsync("/etc/motd")).ShouldBe("reached");
        await site.ConvergeAsync();
    }

    [Fact]
    public async Task A_package_that_cannot_be_installed_is_named_and_links_converge()
    {
        await site.ConvergeAsync();
        var run = await site.RunAsync("apply", site.Write("packages: {no-such-package: }\nlinks: {reached0: {kind: bridge, addresses: [10.83.0.1/24]}}"));
        Failed(run, "package:no-such-package").GetProperty("message").GetString()!.ShouldContain("no-such-package");
        (await site.ShellAsync("ip -brief address show reached0")).ShouldContain("10.83.0.1/24");
        await site.ConvergeAsync();
        (await site.Host.ExecAsync("ip", "link", "show", "reached0")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task A_kernel_without_the_driver_of_a_link_is_told_by_link_and_kind()
    {
        await site.ConvergeAsync();
        Assert.SkipWhen(await site.HasDummyAsync(), "this kernel has the dummy driver, and every other one too");
        var failed = Failed(await site.RunAsync("apply", site.Write("links: {lost0: {kind: dummy}}")), "link:lost0");
        failed.GetProperty("kind").GetString().ShouldBe("DriverMissing", StringCompareShould.IgnoreCase);
        var message = failed.GetProperty("message").GetString()!;
        message.ShouldContain("lost0");
        message.ShouldContain("dummy");
        message.ShouldContain("modprobe");
        await site.ConvergeAsync();
    }

    private static JsonElement Failed(ProgramRun run, string id) =>
        run.ShouldExitWith(1).Named("change-failed").Where(e => e.GetProperty("id").GetString() == id).ShouldHaveSingleItem();
}
