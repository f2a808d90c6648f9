using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.TestKit;
using Cloudlet.Wire.Values;
using Compat.Tests.Pulumi;
using Pulumi;

namespace Cloudlet.Sites.Tests;

/// <summary>The program's declarations give the same hosts as the site files.</summary>
public sealed class SitesSpecs
{
    private static readonly string Program = System.IO.Path.GetFullPath(System.IO.Path.Join(Folder(), "../../infra/Sites"));
    private static readonly string Examples = System.IO.Path.GetFullPath(System.IO.Path.Join(Folder(), "../../templates/sites"));

    // The folder where Pulumi starts a program; paths in a configuration are relative to it.
    static SitesSpecs() => Environment.CurrentDirectory = Program;

    public static TheoryData<string> Sites =>
        new([
            .. Directory
                .GetFiles(Examples, "*.yaml")
                .Select(System.IO.Path.GetFileName)
                .Where(static f => f is not ("healthd.yaml" or "no-dummy-driver.yaml" or "nova-qemu.yaml" or "openstack-lab.yaml"))
                // A provider knows one host, so secrets can't come from another one.
                .Where(static f => f is not "openstack-hosts.yaml")!,
            "single-host.yaml healthd.yaml",
            "single-host.yaml no-dummy-driver.yaml",
            "nova.yaml nova-qemu.yaml",
            "openstack.yaml openstack-lab.yaml",
        ]);

    [Theory]
    [MemberData(nameof(Sites))]
    public async Task Every_example_is_declared_with_the_same_result(string files)
    {
        var paths = files.Split(' ').Select(static f => $"../../templates/sites/{f}").ToArray();
        var engine = await Declare(new() { ["proj:files"] = string.Join(' ', paths) });
        var expected = HostCompiler
            .Compile(SiteLoader.Load(paths, new DiskSiteFiles()).Site!, new DiskSiteFiles())
            .Select(static h => h.State!)
            .ToDictionary(static s => s.Host, static s => s.Digest);
        Digests(engine).ShouldBe(expected, ignoreOrder: true);
    }

    [Theory]
    [InlineData("single-host")]
    [InlineData("controller-and-compute")]
    public async Task A_class_declares_the_same_hosts_as_its_site_file(string site) =>
        Digests(await Declare(new() { ["proj:site"] = site }))
            .ShouldBe(Digests(await Declare(new() { ["proj:files"] = $"../../templates/sites/{site}.yaml" })), ignoreOrder: true);

    [Fact]
    public async Task A_role_stays_a_role_unless_the_files_remove_something_from_it()
    {
        using var folder = new TempDir();
        var more = folder.Write("more.yaml", "hosts: {edge-1: {units: {nova-compute.service: ~}}}");
        const string Nova = "../../templates/sites/nova.yaml";
        (await Declare(new() { ["proj:files"] = Nova }))
            .Inputs("edge-1")
            .ShouldSatisfyAllConditions(static i => i["nova"].ShouldNotBeNull(), static i => i["packages"].ShouldBeNull());
        var engine = await Declare(new() { ["proj:files"] = $"{Nova},{more}" });
        engine.Inputs("edge-1")["nova"].ShouldBeNull();
        ((MapValue)engine.Inputs("edge-1")["units"]!)["nova-compute.service"].ShouldBeNull();
        Digests(engine)["edge-1"]
            .ShouldBe(HostCompiler.Compile(SiteLoader.Load([Nova, more], new DiskSiteFiles()).Site!, new DiskSiteFiles())[0].State!.Digest);
    }

    [Fact]
    public async Task A_missing_file_that_a_class_reads_is_an_error_for_the_user()
    {
        using var folder = new TempDir();
        var engine = new FakeEngine { Config = new() { ["proj:site"] = "single-host" } };
        (
            await engine.RunAsync(async () =>
            {
                // Only one program runs at a time, so the folder may change.
                Environment.CurrentDirectory = folder.Path;
                try
                {
                    return await Deployment.RunAsync(global::Program.Declare);
                }
                finally
                {
                    Environment.CurrentDirectory = Program;
                }
            })
        ).ShouldBe(32);

        engine.Errors.ShouldContain("site \"single-host\" reads a file that cannot be read");
        engine.Errors.ShouldContain("beacon.conf.scriban");
        engine.Errors.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task Hosts_are_below_their_site_and_are_deleted_before_they_are_replaced()
    {
        var engine = await Declare(new() { ["proj:site"] = "controller-and-compute" });
        engine
            .Registered.Select(static r => r.Type)
            .ShouldBe(["pulumi:pulumi:Stack", "cloudlet:index:Site", "cloudlet:index:Host", "cloudlet:index:Host"]);
        engine["edge-1"]
            .ShouldSatisfyAllConditions(
                static r => r.Parent.ShouldEndWith("cloudlet:index:Site::controller-and-compute"),
                static r => r.DeleteBeforeReplace.ShouldBeTrue(),
                static r => r.Object.Fields["name"].StringValue.ShouldBe("edge-1")
            );
    }

    [Fact]
    public async Task Addresses_digests_and_health_are_exported_and_unknown_in_a_preview_of_a_new_host()
    {
        var config = new Dictionary<string, string> { ["proj:site"] = "single-host" };
        var outputs = MapValue
            .Empty.With("digest", new TextValue("sha256:1"))
            .With("addresses", new ListValue([new TextValue("10.80.0.1/24")]))
            .With("health", MapValue.Empty.With("state", new TextValue("as-described")).With("alarms", new ListValue([])));
        (await Declare(config, outputs)).Exports.ShouldBe(
            Exports(new ListValue([new TextValue("10.80.0.1/24")]), new TextValue("sha256:1"), new TextValue("as-described"))
        );
        (await Declare(config, isPreview: true)).Exports.ShouldBe(
            Exports(PropertyValue.Unknown, PropertyValue.Unknown, PropertyValue.Unknown)
        );

        static MapValue Exports(PropertyValue addresses, PropertyValue digest, PropertyValue health) =>
            MapValue
                .Empty.With("addresses", MapValue.Empty.With("edge-1", addresses))
                .With("digests", MapValue.Empty.With("edge-1", digest))
                .With("health", MapValue.Empty.With("edge-1", health));
    }

    [Fact]
    public async Task Every_problem_of_the_files_is_reported_with_its_place_and_no_host_is_declared()
    {
        using var folder = new TempDir();
        var path = folder.Write(
            "bad.yaml",
            "hosts:\n  edge-1:\n    links:\n      eth0: {kind: existing, mtu: 5}\n      eth1: {kin: dummy}\n"
        );
        var engine = await Fail(new() { ["proj:files"] = path });
        engine.Errors.ShouldContain($"{path}:4:35: hosts.edge-1.links.eth0.mtu:");
        engine.Errors.ShouldContain("did you mean \"kind\"?");
        engine.Errors.ShouldNotContain("   at ");
        engine.Registered.ShouldNotContain(static r => r.Type == "cloudlet:index:Host");
    }

    [Theory]
    [InlineData(null, null, "pulumi config set files")]
    [InlineData("a.yaml", "single-host", "pulumi config set files")]
    [InlineData(null, "singel-host", "single-host, controller-and-compute")]
    [InlineData("none.yaml", null, "none.yaml:1:1: the file does not exist")]
    public async Task A_configuration_without_exactly_one_site_reports_what_to_set(string? files, string? site, string message)
    {
        var config = new Dictionary<string, string?> { ["proj:files"] = files, ["proj:site"] = site };
        (
            await Fail(config.Where(static e => e.Value is not null).ToDictionary(static e => e.Key, static e => e.Value!))
        ).Errors.ShouldContain(message);
    }

    private static async Task<FakeEngine> Declare(Dictionary<string, string> config, MapValue? outputs = null, bool isPreview = false)
    {
        var engine = new FakeEngine
        {
            Config = config,
            IsPreview = isPreview,
            Outputs = new[] { "edge-1", "edge-2", "controller", "demo" }.ToDictionary(static n => n, _ => outputs ?? MapValue.Empty),
        };
        (await engine.RunAsync(static () => Deployment.RunAsync(global::Program.Declare))).ShouldBe(0, engine.Errors);
        return engine;
    }

    private static async Task<FakeEngine> Fail(Dictionary<string, string> config)
    {
        var engine = new FakeEngine { Config = config };
        (await engine.RunAsync(static () => Deployment.RunAsync(global::Program.Declare))).ShouldBe(32);
        return engine;
    }

    /// <summary>
    /// The digests of the hosts in the declared inputs, computed as a provider does: JSON is YAML, so the site's own loader
    /// reads them.
    /// </summary>
    private static Dictionary<string, string> Digests(FakeEngine engine) =>
        engine
            .Registered.Where(static r => r.Type == "cloudlet:index:Host")
            .ToDictionary(
                static r => r.Name,
                static r =>
                {
                    var inputs = PropertyCodec.FromStruct(r.Object);
                    var section = new MapValue(inputs.Entries.RemoveRange(["name", "templates"]));
                    var site = new JsonObject
                    {
                        ["hosts"] = new JsonObject { [((TextValue)inputs["name"]!).Value] = PropertyJson.ToNode(section) },
                    };
                    var files = new Texts(
                        ((MapValue?)inputs["templates"] ?? MapValue.Empty)
                            .Entries.ToImmutableDictionary(static t => t.Key, static t => ((TextValue)t.Value).Value)
                            .Add("", site.ToJsonString())
                    );
                    var (loaded, problems) = SiteLoader.Load([""], files);
                    problems.ShouldBeEmpty();
                    var host = HostCompiler.Compile(loaded!, files).ShouldHaveSingleItem();
                    host.Problems.ShouldBeEmpty();
                    return host.State!.Digest;
                }
            );

    private static string Folder([CallerFilePath] string file = "") => System.IO.Path.GetDirectoryName(file)!;

    private sealed class Texts(ImmutableDictionary<string, string> texts) : ISiteFiles
    {
        public string? ReadText(string path) => texts.GetValueOrDefault(path);
    }
}
