using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit;
using NSubstitute;

namespace Cloudlet.Machine.Tests.Packages;

public sealed class DpkgStatusSpecs : IDisposable
{
    private const string Status = """
        Package: first
        Status: install ok installed
        Architecture: amd64
        Version: 1:2.0-1

        Package: configured-away
        Status: deinstall ok config-files
        Architecture: all
        Version: 3.0

        Package: half
        Status: install ok half-configured
        Architecture: all
        Version: 4.0
        Description: tells of
         Package: first
        Config-Version: 3.9

        Package: waits
        Status: install ok triggers-pending
        Architecture: all
        Version: 5.0

        Package: libmulti
        Status: install ok installed
        Architecture: amd64
        Version: 6.0

        Package: libmulti
        Status: install ok half-installed
        Architecture: i386
        Version: 6.1

        Package: last
        Version: 7~rc1
        Architecture: all
        Status: hold ok installed

        """;

    private readonly TempDir _root = new();
    private readonly AptPackages _packages;

    public DpkgStatusSpecs()
    {
        _root.Write("var/lib/dpkg/status", Status);
        _packages = new AptPackages(Substitute.For<IProcesses>(), _root.Path);
    }

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("first", "1:2.0-1")]
    [InlineData("configured-away", null)]
    [InlineData("half", null)]
    [InlineData("waits", "5.0")]
    [InlineData("libmulti", "6.0")]
    [InlineData("libmulti:amd64", "6.0")]
    [InlineData("libmulti:i386", null)]
    [InlineData("last", "7~rc1")]
    [InlineData("first=9", "1:2.0-1")]
    [InlineData("fir", null)]
    [InlineData("missing", null)]
    public void Only_fully_installed_packages_have_a_version(string name, string? version) =>
        _packages.InstalledVersions([name]).ShouldBe(new Dictionary<string, string?> { [name] = version });

    [Fact]
    public void The_journal_of_a_running_dpkg_counts()
    {
        _root.Write("var/lib/dpkg/updates/0000", "Package: first\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 1:3.0\n");
        _root.Write("var/lib/dpkg/updates/0001", "Package: brand-new\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n");
        _root.Write("var/lib/dpkg/updates/tmp.i", "garbage");

        var versions = _packages.InstalledVersions(["first", "brand-new", "last"]);

        (versions["first"], versions["brand-new"], versions["last"]).ShouldBe((null, "1", "7~rc1"));
    }

    [Fact]
    public void A_truncated_or_empty_database_is_read_as_far_as_possible()
    {
        for (var length = 0; length < Status.Length - 1; length++)
        {
            _root.Write("var/lib/dpkg/status", Status[..length]);
            _packages.InstalledVersions(["first", "last"])["last"].ShouldBeNull();
        }
    }

    [Fact]
    public void A_host_without_dpkg_is_reported() =>
        Should
            .Throw<CloudletException>(() => new AptPackages(Substitute.For<IProcesses>(), _root["elsewhere"]).InstalledVersions(["first"]))
            .Kind.ShouldBe(ErrorKind.Unsupported);

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-o")]
    [InlineData("--purge")]
    [InlineData("name-")]
    [InlineData("Name")]
    [InlineData("name/testing")]
    [InlineData("name*")]
    [InlineData("name=")]
    [InlineData("name:")]
    [InlineData("a b")]
    [InlineData("../name")]
    [InlineData("name=1 -o x")]
    public void Names_with_another_meaning_for_apt_are_refused(string name) =>
        Should.Throw<CloudletException>(() => _packages.InstalledVersions([name])).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void This_host_agrees_with_its_own_dpkg_query()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-query"), "needs dpkg");
        var expected = new Dictionary<string, string?>();
        foreach (var line in DpkgQuery().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var fields = line.Split('\t');
            expected[$"{fields[0]}:{fields[1]}"] = fields[2] == "installed" ? fields[3] : null;
        }

        var versions = new AptPackages(Substitute.For<IProcesses>()).InstalledVersions(expected.Keys);

        expected.Count.ShouldBeGreaterThan(50);
        versions.ShouldBe(expected, ignoreOrder: true);
    }

    private static string DpkgQuery()
    {
        var start = new ProcessStartInfo("dpkg-query", ["-W", @"-f=${Package}\t${Architecture}\t${db:Status-Status}\t${Version}\n"])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        return process.StandardOutput.ReadToEnd();
    }
}
