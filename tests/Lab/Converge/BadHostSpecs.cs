using System.Text.Json;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Hosts that cannot be made as described report why, and everything possible is done.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class BadHostSpecs(NetworkdConverge site)
{
    [Fact]
    public async Task A_read_only_folder_is_reported()
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
    public async Task Certain_failures_are_reported_before_any_change()
    {
        await site.ConvergeAsync();
        var file = site.Write(
            """
            units: {no-such-thing.service: {running: true}}
            packages: {no-such-package: }
            links: {reached0: {kind: bridge, addresses: [10.83.0.1/24]}}
            files: {/etc/motd: {content: reached}}
            """
        );
        foreach (var verb in new[] { "plan", "apply" })
        {
            var message = Refused(await site.RunAsync(verb, file));
            message.ShouldContain("no-such-thing.service does not exist on this host");
            message.ShouldContain("no package source of this host offers no-such-package");
        }

        (await site.Host.ReadFileAsync("/etc/motd")).ShouldNotBe("reached");
        (await site.Host.ExecAsync("ip", "link", "show", "reached0")).ExitCode.ShouldNotBe(0);
        await site.ConvergeAsync();
    }

    [Fact]
    public async Task A_missing_driver_is_reported_with_link_and_kind()
    {
        await site.ConvergeAsync();
        Assert.SkipWhen(await site.HasDummyAsync(), "this kernel has the dummy driver, and every other one too");
        var message = Refused(await site.RunAsync("apply", site.Write("links: {lost0: {kind: dummy}}")));
        message.ShouldContain("lost0");
        message.ShouldContain("dummy");
        message.ShouldContain("modprobe");
        await site.ConvergeAsync();
    }

    /// <summary>Every reason: of an apply that was refused, or of the changes of a plan.</summary>
    private static string Refused(ProgramRun run)
    {
        run.ShouldExitWith(3);
        return string.Join('\n', run.Named("refused").Concat(run.Named("planned")).Select(e => e.GetRawText()));
    }

    private static JsonElement Failed(ProgramRun run, string id) =>
        run.ShouldExitWith(1).Named("change-failed").Where(e => e.GetProperty("id").GetString() == id).ShouldHaveSingleItem();
}
