using System.Security.Cryptography;
using System.Text.Json;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Linux;
using Cloudlet.Outside.Tests;

namespace Cloudlet.Lab.Tests.Packaging;

/// <summary>The files that build/package writes.</summary>
public sealed class PackageFileSpecs(PackageBuild build, PulumiCli cli) : IClassFixture<PackageBuild>, IClassFixture<PulumiCli>
{
    [Fact]
    public async Task Two_runs_write_the_same_files_with_the_names_that_their_users_expect()
    {
        PackageBuild.Require();

        var first = await build.RunAsync("first", "--version", "1.2.3");
        var second = await build.RunAsync("second", "--version", "1.2.3");

        var digests = DigestsOf(first);
        digests.Keys.ShouldBe([
            "SHA256SUMS",
            "cloudlet-1.2.3-linux-amd64.tar.gz",
            "cloudlet-1.2.3.cdx.json",
            "cloudlet-pulumi_1.2.3_amd64.deb",
            "cloudlet_1.2.3_amd64.deb",
            "pulumi-resource-cloudlet-v1.2.3-linux-amd64.tar.gz",
            "pulumi-resource-cloudlet-v1.2.3.cdx.json",
        ]);
        DigestsOf(second).ShouldBe(digests);
        await ShellAsync(first, "sha256sum --check --strict --quiet SHA256SUMS");
        (await ShellAsync(first, "cut -c67- SHA256SUMS")).Split('\n').Order(StringComparer.Ordinal).ShouldBe(digests.Keys.Skip(1));
        await ArchivesHaveTheirProgramsAsync(first);
        await PagesAreFoundAsync(first);
        ContentsNameLibraries(first);
    }

    [Fact]
    public async Task Packages_are_clean_by_lintian()
    {
        PackageBuild.Require();
        Assert.SkipWhen(ProgramSearch.Find("lintian") is null, "needs lintian: apt-get install lintian");

        var output = await build.RunAsync("linted", "--only", "deb");

        (await ShellAsync(output, "lintian --allow-root --fail-on error,warning --tag-display-limit 0 *.deb")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pulumi_installs_the_archive_of_the_provider_and_makes_a_host_with_it()
    {
        PackageBuild.Require();
        var stack = await cli.NewStackAsync("packed");
        var output = await build.RunAsync("plugin", "--only", "archive", "--version", "1.2.3");
        using var namespaces = new Namespaces();
        var machine = namespaces.Add("packed");
        stack.Declare(
            $"""
            packed:
              type: cloudlet:index:Host
              properties:
                reach: netns://{machine}
                links:
                  br0:
                    kind: bridge
                    mtu: 1400
            """,
            installed: true
        );

        var archive = Path.Combine(output, "pulumi-resource-cloudlet-v1.2.3-linux-amd64.tar.gz");
        await stack.RunAsync(0, "plugin", "install", "resource", "cloudlet", "v1.2.3", "--file", archive);
        await stack.RunAsync(0, "up", "--yes");
        Namespaces.Mtu(machine).ShouldBe(1400);
        await stack.RunAsync(0, "destroy", "--yes");
        Namespaces.Mtu(machine).ShouldBeNull();
    }

    [Fact]
    public async Task A_key_that_gpg_does_not_have_is_refused_before_anything_is_made()
    {
        PackageBuild.Require();

        var run = await build.TryAsync("--repository", build["unsigned"], "--key", "0123456789ABCDEF", build["refused"]);

        run.ShouldExitWith(1).Error.ShouldContain("gpg has no secret key '0123456789ABCDEF'");
        Directory.Exists(build["unsigned"]).ShouldBeFalse();
        Directory.Exists(build["refused"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--only", "rpm")]
    [InlineData("--version", "v1")]
    [InlineData("--version", "1/2")]
    [InlineData("--repository", "apt")]
    [InlineData("--verbose", "yes")]
    public async Task What_is_not_valid_is_refused(params string[] arguments)
    {
        PackageBuild.Require();

        (await build.TryAsync([.. arguments, build["refused"]])).ShouldExitWith(3).Error.ShouldStartWith("package: ");
        Directory.Exists(build["refused"]).ShouldBeFalse();
    }

    /// <summary>The archive of the provider has it at its top, as `pulumi plugin install` expects; the other one fits /usr/local.</summary>
    private static async Task ArchivesHaveTheirProgramsAsync(string folder)
    {
        var provider = await ShellAsync(folder, "tar -tzf pulumi-resource-cloudlet-*.tar.gz");
        provider.Split('\n').ShouldContain("pulumi-resource-cloudlet");
        provider.Split('\n').ShouldContain("cloudlet");
        var version = (await CloudletProgram.RunAsync("--version")).Output.Trim();
        await ShellAsync(folder, "mkdir unpacked; tar -C unpacked --strip-components=1 -xzf cloudlet-*.tar.gz");
        (await ShellAsync(folder, "unpacked/bin/cloudlet --version")).ShouldBe(version);
    }

    private static async Task PagesAreFoundAsync(string folder)
    {
        if (ProgramSearch.Find("man") is null)
            return;
        await ShellAsync(folder, "dpkg-deb -x cloudlet_*.deb tree; dpkg-deb -x cloudlet-pulumi_*.deb tree");
        var found = await ShellAsync(folder, "man -M $PWD/tree/usr/share/man -w cloudlet cloudlet-apply pulumi-resource-cloudlet");
        found.Split('\n').Length.ShouldBe(3);
    }

    private static void ContentsNameLibraries(string folder)
    {
        using var contents = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cloudlet-1.2.3.cdx.json")));
        contents.RootElement.GetProperty("bomFormat").GetString().ShouldBe("CycloneDX");
        var names = contents.RootElement.GetProperty("components").EnumerateArray().Select(static c => c.GetProperty("name").GetString());
        names.ShouldContain("YamlDotNet");
        names.ShouldNotContain("Roslynator.Analyzers");
    }

    private static SortedDictionary<string, string> DigestsOf(string folder) =>
        new(
            Directory
                .GetFiles(folder)
                .ToDictionary(static f => Path.GetFileName(f), static f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))),
            StringComparer.Ordinal
        );

    private static async Task<string> ShellAsync(string folder, string script)
    {
        var run = await CloudletProgram.RunAnyAsync("sh", ["-ec", $"cd {folder}; {script}"]);
        run.ShouldExitWith(0);
        return run.Output.Trim();
    }
}
