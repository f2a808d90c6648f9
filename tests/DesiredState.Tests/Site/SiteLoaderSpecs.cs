using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Site.Structure;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>Properties of every site.</summary>
public sealed class SiteLoaderSpecs
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(200);

    [Fact]
    public void A_site_survives_a_round_trip_through_yaml() =>
        Check.One(
            Many,
            Prop.ForAll<int>(seed =>
            {
                var site = RandomSites.ToJson(new RandomSites(seed).Next());
                site.Remove("defaults");

                var text = new YamlEmitter(seed).Write(site);
                var loaded = MemorySiteFiles.Load(text);

                loaded.Problems.ShouldBeEmpty(text);
                Hosts(loaded).ShouldBe(Sorted(site["hosts"]!), text);
            })
        );

    [Fact]
    public void The_order_of_declarations_does_not_matter() =>
        Check.One(
            Many,
            Prop.ForAll<int>(seed =>
            {
                var site = RandomSites.ToJson(new RandomSites(seed).Next());

                var one = MemorySiteFiles.Load(new YamlEmitter(seed).Write(site));
                var other = MemorySiteFiles.Load(new YamlEmitter(seed + 1).Write(site));

                one.Problems.ShouldBeEmpty();
                Hosts(one).ShouldBe(Hosts(other));
            })
        );

    [Fact]
    public void An_empty_file_changes_nothing() =>
        Check.One(
            Many,
            Prop.ForAll<int>(seed =>
            {
                var text = new YamlEmitter(seed).Write(RandomSites.ToJson(new RandomSites(seed).Next()));
                var expected = Hosts(MemorySiteFiles.Load(text));

                Hosts(MemorySiteFiles.Load("# nothing\n", text)).ShouldBe(expected);
                Hosts(MemorySiteFiles.Load(text, "{}")).ShouldBe(expected);
                Hosts(MemorySiteFiles.Load(text, "")).ShouldBe(expected);
            })
        );

    [Fact]
    public void A_file_over_itself_changes_nothing() =>
        Check.One(
            Many,
            Prop.ForAll<int>(seed =>
            {
                var text = new YamlEmitter(seed).Write(RandomSites.ToJson(new RandomSites(seed).Next()));

                Hosts(MemorySiteFiles.Load(text, text)).ShouldBe(Hosts(MemorySiteFiles.Load(text)));
            })
        );

    [Fact]
    public void Damaged_text_never_throws_and_every_problem_has_a_place() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(1000),
            Prop.ForAll<int>(seed =>
            {
                var random = new Random(seed);
                var text = Damage(new YamlEmitter(seed).Write(RandomSites.ToJson(new RandomSites(seed).Next())), random);

                var loaded = MemorySiteFiles.Load(text);

                (loaded.Site is null).ShouldBe(loaded.Problems.Count > 0, text);
                foreach (var problem in loaded.Problems)
                {
                    problem.Place.Line.ShouldBeInRange(1, text.Count(c => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029') + 2, text);
                    problem.Message.ShouldNotContain('\n');
                }
            })
        );

    [Fact]
    public void A_mapping_that_ends_after_a_key_is_malformed() =>
        MemorySiteFiles
            .Load("hosts:\n edge-1:\n     values: # a comment\n      :   value0: {k: 1}\n     modules: {}\n")
            .Problems.ShouldHaveSingleItem()
            .Message.ShouldContain("a value or key before this place is incomplete");

    [Fact]
    public void Any_text_never_throws() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000),
            Prop.ForAll<string>(text =>
            {
                var loaded = MemorySiteFiles.Load(text ?? "");

                loaded.Problems.ShouldNotBeEmpty("no random text may be a site with hosts");
            })
        );

    [Fact]
    public void A_file_that_is_missing_or_cannot_be_read_is_a_problem()
    {
        var folder = Directory.CreateTempSubdirectory("cloudlet-site-").FullName;
        try
        {
            var binary = Path.Combine(folder, "binary.yaml");
            File.WriteAllBytes(binary, [0x61, 0xFF]);
            var huge = Path.Combine(folder, "huge.yaml");
            File.WriteAllText(huge, new string('#', 4 * 1024 * 1024 + 1));

            SiteLoader
                .Load([Path.Combine(folder, "none.yaml"), binary, folder, huge, "/dev/zero"], new DiskSiteFiles())
                .Problems.Select(p => p.Message)
                .ShouldBe(
                    [
                        "the file does not exist",
                        "the file cannot be read: not UTF-8 text (byte 1)",
                        "the file cannot be read: it is a folder",
                        "the file cannot be read: larger than 4 MiB",
                        "the file cannot be read: larger than 4 MiB",
                    ],
                    ignoreOrder: true
                );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_byte_order_mark_is_ignored()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "\uFEFFhosts: {edge-1: }\n", new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

            SiteLoader.Load([file], new DiskSiteFiles()).Problems.ShouldBeEmpty();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Templates_are_found_relative_to_the_file_that_names_them()
    {
        var files = new MemorySiteFiles
        {
            ["common/site.yaml"] = "defaults: {files: {/etc/a: {template: t/a}, /etc/b: {template: t/b}}}\n",
            ["lab/hosts.yaml"] = "hosts: {edge-1: {files: {/etc/b: {template: t/b}}}}\n",
            ["common/t/a"] = "",
            ["lab/t/b"] = "",
        };

        var host = SiteLoader.Load(["common/site.yaml", "lab/hosts.yaml"], files).Site!.Hosts[0];

        host.Section.Files!["/etc/a"].Template.ShouldBe("common/t/a");
        host.Section.Files!["/etc/b"].Template.ShouldBe("lab/t/b");
        host.ProblemAt("wrong", "files", "/etc/a", "template")
            .ToString()
            .ShouldBe("common/site.yaml:1:39: defaults.files[\"/etc/a\"].template: wrong");
        host.ProblemAt("wrong", "files", "/etc/b", "template")
            .ToString()
            .ShouldBe("lab/hosts.yaml:1:45: hosts.edge-1.files[\"/etc/b\"].template: wrong");
        host.ProblemAt("wrong", "files", "/etc/b", "mode")
            .ToString()
            .ShouldBe("lab/hosts.yaml:1:26: hosts.edge-1.files[\"/etc/b\"].mode: wrong");
    }

    [Theory]
    [InlineData("adresses", "addresses")]
    [InlineData("adddreses", "addresses")]
    [InlineData("mut", "mtu")]
    [InlineData("MTU", "mtu")]
    [InlineData("xyz", null)]
    [InlineData("up", null)]
    public void A_misspelt_word_is_recognized(string written, string? meant) =>
        Spelling.Closest(written, ["addresses", "mtu", "id"]).ShouldBe(meant);

    private static string Damage(string text, Random random)
    {
        const string pieces = "\n\t :-?{}[],&*!|>'\"%@`#~\\\0\u0001x0\u00e9\ud800";
        for (var i = 0; i <= random.Next(4); i++)
        {
            var at = random.Next(text.Length + 1);
            text = random.Next(3) switch
            {
                0 => text[..at],
                1 => text.Insert(at, pieces[random.Next(pieces.Length)].ToString()),
                _ => text.Remove(Math.Min(at, text.Length), Math.Min(random.Next(20), text.Length - Math.Min(at, text.Length))),
            };
        }

        return text;
    }

    private static string Hosts(SiteLoadResult result)
    {
        result.Site.ShouldNotBeNull(string.Join('\n', result.Problems));
        var hosts = new JsonObject();
        foreach (var host in result.Site.Hosts)
            hosts.Add(host.Name, JsonSerializer.SerializeToNode(host.Section, SiteJson.Host));
        return Sorted(hosts);
    }

    /// <summary>JSON with sorted keys.</summary>
    private static string Sorted(JsonNode node) => Sort(node)!.ToJsonString();

    private static JsonNode? Sort(JsonNode? node) =>
        node switch
        {
            JsonObject mapping => new JsonObject(
                mapping.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sort(p.Value)))
            ),
            JsonArray list => new JsonArray([.. list.Select(Sort)]),
            _ => node?.DeepClone(),
        };
}
