namespace Cloudlet.Lab.Tests.Converge;

/// <summary>Messages of real apt and dpkg about packages that the tests make.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class PackageSpecs(NetworkdConverge site)
{
    private readonly MadePackages _made = new(site);

    [Fact]
    public async Task A_failing_script_is_reported_with_its_package_and_output()
    {
        await site.ConvergeAsync();
        await _made.MakeAsync(
            "bad-pkg",
            "1.0",
            "printf '#!/bin/sh\\necho looking for the database\\necho the database cannot be reached >&2\\nexit 3\\n' > "
                + "bad-pkg/DEBIAN/postinst; chmod 755 bad-pkg/DEBIAN/postinst"
        );
        await _made.MakeAsync("good-pkg", "1.0");
        await _made.PublishAsync();
        try
        {
            var run = await site.RunAsync("apply", site.Write("packages: {bad-pkg: , good-pkg: }"));

            var message = run.ShouldExitWith(1)
                .Named("change-failed")
                .Where(e => e.GetProperty("id").GetString() == "package:bad-pkg")
                .ShouldHaveSingleItem()
                .GetProperty("message")
                .GetString()!;
            message.ShouldContain("failed packages: bad-pkg");
            message.ShouldContain("the database cannot be reached");
            message.ShouldContain("looking for the database");
            run.Named("change-done").ShouldNotContain(e => e.GetProperty("id").GetString() == "package:bad-pkg");

            // A package left unfinished makes every other installation fail; it is named there, too.
            await _made.MakeAsync("later-pkg", "1.0");
            await _made.PublishAsync();
            var later = await site.RunAsync("apply", site.Write("packages: {later-pkg: }"));
            foreach (var failed in later.Named("change-failed"))
                failed.GetProperty("message").GetString()!.ShouldContain("bad-pkg");
        }
        finally
        {
            await _made.CleanAsync("bad-pkg good-pkg later-pkg");
        }
    }

    [Fact]
    public async Task A_configuration_file_changed_by_an_operator_is_kept_and_reported()
    {
        await site.ConvergeAsync();
        await _made.MakeAsync("conf-pkg", "1.0", Configuration("1"));
        await _made.PublishAsync();
        try
        {
            (await site.RunAsync("apply", site.Write("packages: {conf-pkg: {version: \"1.0\"}}"))).ShouldExitWith(0);
            await site.ShellAsync("echo operator > /etc/conf-pkg.conf");
            await _made.MakeAsync("conf-pkg", "2.0", Configuration("2"));
            await _made.PublishAsync();

            var run = await site.RunAsync("apply", site.Write("packages: {conf-pkg: {version: \"2.0\"}}"));

            run.ShouldExitWith(0)
                .Named("noticed")
                .ShouldContain(
                    e => e.GetProperty("message").GetString()!.Contains("package:conf-pkg: kept /etc/conf-pkg.conf"),
                    run.Output
                );
            (await site.ShellAsync("cat /etc/conf-pkg.conf /etc/conf-pkg.conf.dpkg-dist")).ShouldBe("operator\nversion = 2");
        }
        finally
        {
            await _made.CleanAsync("conf-pkg", "/etc/conf-pkg.conf*");
        }
    }

    private static string Configuration(string version) =>
        $"mkdir -p conf-pkg/etc; echo 'version = {version}' > conf-pkg/etc/conf-pkg.conf; echo /etc/conf-pkg.conf > "
        + "conf-pkg/DEBIAN/conffiles";
}
