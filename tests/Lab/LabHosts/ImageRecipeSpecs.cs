using Cloudlet.Lab.Images;
using Cloudlet.Lab.Model;

namespace Cloudlet.Lab.Tests.LabHosts;

public sealed class ImageRecipeSpecs
{
    private static readonly AptSources Sources = new(["deb http://mirror.test/debian bookworm main"], ["/etc/apt/apt.conf.d/proxy"]);

    [Fact]
    public void Equal_recipes_share_an_image_whatever_the_order_of_packages()
    {
        var one = new ImageRecipe("bookworm", LabBoot.Networkd, ["strace", "tcpdump"], Sources);
        (one with { ExtraPackages = ["tcpdump", "strace", "dbus"] }).Digest.ShouldBe(one.Digest);
        one.Digest.Length.ShouldBe(12);
    }

    [Fact]
    public void Everything_that_affects_the_content_affects_the_digest()
    {
        var recipe = new ImageRecipe("bookworm", LabBoot.Networkd, [], Sources);
        string[] digests =
        [
            recipe.Digest,
            (recipe with { Boot = LabBoot.Ifupdown }).Digest,
            (recipe with { ExtraPackages = ["strace"] }).Digest,
            (recipe with { Release = "trixie" }).Digest,
            (recipe with { Sources = Sources with { Lines = [] } }).Digest,
        ];
        digests.Distinct().Count().ShouldBe(digests.Length);
    }

    [Fact]
    public void Only_the_requested_network_system_is_in_the_image()
    {
        new ImageRecipe("bookworm", LabBoot.Ifupdown, [], Sources).Packages.ShouldContain("ifupdown");
        new ImageRecipe("bookworm", LabBoot.Networkd, [], Sources).Packages.ShouldNotContain("ifupdown");
    }

    [Fact]
    public void Images_of_one_release_and_its_mirrors_have_one_base()
    {
        var recipe = new ImageRecipe("bookworm", LabBoot.Networkd, [], Sources);
        string[] same =
        [
            recipe.Base.Digest,
            (recipe with { Boot = LabBoot.Ifupdown }).Base.Digest,
            (recipe with { With = LabFlavor.Nova }).Base.Digest,
            (recipe with { ExtraPackages = ["strace"] }).Base.Digest,
        ];
        same.Distinct().ShouldHaveSingleItem().ShouldNotBe(recipe.Digest);
        (recipe with { Release = "trixie" }).Base.Digest.ShouldNotBe(same[0]);
        (recipe with { Sources = Sources with { Lines = [] } }).Base.Digest.ShouldNotBe(same[0]);
    }

    [Fact]
    public void Mmdebstrap_gets_release_target_and_mirrors_in_this_order()
    {
        var recipe = new ImageRecipe("bookworm", LabBoot.Networkd, [], Sources);
        foreach (var arguments in new[] { recipe, (Recipe)recipe.Base }.Select(r => r.Arguments("/images/x/root", "/images/x/log")))
        {
            arguments.TakeLast(3).ShouldBe(["bookworm", "/images/x/root", "deb http://mirror.test/debian bookworm main"]);
            arguments.ShouldContain("--aptopt=/etc/apt/apt.conf.d/proxy");
        }
    }

    [Fact]
    public void Only_packages_that_the_base_lacks_are_installed_and_before_the_hooks()
    {
        var recipe = new ImageRecipe("bookworm", LabBoot.Ifupdown, ["strace", "dbus"], Sources);
        var hooks = recipe.Arguments("/root", "/log").Where(a => a.StartsWith("--customize-hook=", StringComparison.Ordinal)).ToList();
        hooks[0].ShouldEndWith("/install.sh \"$1\" ifupdown strace");
        hooks.Skip(1).Select(h => h["--customize-hook=".Length..]).ShouldBe(recipe.Hooks);
    }
}

public sealed class AptSourcesSpecs
{
    [Fact]
    public void One_line_entries_of_the_release_keep_their_options()
    {
        string[] lines =
        [
            "# deb http://old.test/debian bookworm main",
            "deb http://mirror.test/debian  bookworm main contrib # ours",
            "deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian-security bookworm-security main",
            "deb-src http://mirror.test/debian bookworm main",
            "deb https://vendor.test/apt vendor-bookworm main",
            "deb http://mirror.test/debian trixie main",
            "deb http://broken.test",
        ];
        AptSources
            .OneLineEntries(lines, "bookworm")
            .ShouldBe([
                "deb http://mirror.test/debian bookworm main contrib",
                "deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian-security bookworm-security main",
            ]);
    }

    [Fact]
    public void Stanzas_of_the_release_become_one_entry_per_suite()
    {
        string[] lines =
        [
            "Types: deb deb-src",
            "# a comment",
            "URIs: http://mirror.test/debian",
            "Suites: bookworm",
            "  bookworm-updates",
            "Components: main",
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
            "",
            "Types: deb",
            "URIs: http://vendor.test",
            "Suites: nodistro",
            "Components: main",
            "",
            "Enabled: no",
            "Types: deb",
            "URIs: http://off.test",
            "Suites: bookworm",
            "Components: main",
        ];
        AptSources
            .StanzaEntries(lines, "bookworm")
            .ShouldBe([
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian bookworm main",
                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian bookworm-updates main",
            ]);
    }

    [Fact]
    public void Only_those_apt_options_are_used_that_concern_fetching()
    {
        var folder = Directory.CreateTempSubdirectory("apt");
        try
        {
            var options = folder.CreateSubdirectory("apt.conf.d").FullName;
            File.WriteAllText(Path.Combine(options, "90proxy"), "// ours\nAcquire::http::Proxy \"http://proxy.test:3142\";\n");
            File.WriteAllText(Path.Combine(options, "50hooks"), "Acquire::Languages \"none\";\nDPkg::Post-Invoke { \"true\"; };\n");
            File.WriteAllText(Path.Combine(options, "60empty"), "");
            AptSources.Read(folder.FullName, "bookworm").OptionFiles.ShouldBe([Path.Combine(options, "90proxy")]);
            AptSources.Read(Path.Combine(folder.FullName, "nothing"), "bookworm").Lines.ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
