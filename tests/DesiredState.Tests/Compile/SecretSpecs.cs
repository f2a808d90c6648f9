using System.Text;
using System.Text.Json;
using Cloudlet.DesiredState.Kinds.BrokerAccounts;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Tests.Compile;

public sealed class SecretSpecs
{
    private const string Id = "secret:app";

    [Fact]
    public void A_path_is_the_operators_file_and_no_resource() =>
        TestHost
            .State(new HostSection { Secrets = Secrets((SecretSection)"/etc/cloudlet/secrets/app") })
            .Resources.OfType<SecretSpec>()
            .ShouldBeEmpty();

    [Fact]
    public void A_generated_secret_has_its_defaults_written_out() =>
        TestHost
            .State(Host(new SecretSource { Generate = 32 }))
            .Resource<SecretSpec>(Id)
            .ShouldBe(
                new SecretSpec
                {
                    Id = Id,
                    Name = "app",
                    Value = SecretSpec.Current,
                    Copy = SecretSpec.Current,
                    Length = 32,
                    Version = 1,
                    Mode = "0600",
                    Owner = "root",
                    Group = "root",
                }
            );

    [Fact]
    public void A_state_does_not_say_where_the_operator_has_a_value()
    {
        var states = new[]
        {
            new SecretSource { File = "secrets/app" },
            new SecretSource { Env = "APP_PASSWORD" },
            new SecretSource { Command = ["pass", "show", "app"] },
            new SecretSource { From = "controller", Name = "app-password" },
        }.Select(static source => TestHost.State(Host(source)));

        states.Select(static s => s.Digest).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
    }

    [Fact]
    public void What_uses_a_secret_comes_after_it_and_follows_it()
    {
        var state = TestHost.State(
            Host(new SecretSource { Generate = 32 }) with
            {
                Files = new Dictionary<string, FileSection>
                {
                    ["/etc/app"] = new() { Content = "password = ${secret:app}" },
                    ["/etc/other"] = new() { Content = "none" },
                },
                DatabaseAccounts = new Dictionary<string, DatabaseAccountSection> { ["app"] = new() { Secret = "app" } },
                BrokerAccounts = new Dictionary<string, BrokerAccountSection> { ["app"] = new() { Secret = "app" } },
            }
        );

        foreach (var id in new[] { "file:/etc/app", "database-account:app", "broker-account:app" })
        {
            var user = state.Resources.Single(r => r.Id == id);
            user.After.ShouldContain(Id, id);
            user.Watches.ShouldContain(Id, id);
        }

        state.Resource<FileSpec>("file:/etc/app").Secrets!["app"].ShouldBe("/etc/cloudlet/secrets/app");
        state.Resource<BrokerAccountSpec>("broker-account:app").SecretFile.ShouldBe("/etc/cloudlet/secrets/app");
        state.Resource<FileSpec>("file:/etc/other").After.ShouldNotContain(Id);
    }

    [Fact]
    public void A_path_that_is_the_file_of_a_described_secret_follows_that()
    {
        var state = TestHost.State(
            new HostSection
            {
                Secrets = new Dictionary<string, SecretSection>
                {
                    ["app"] = new() { Source = new SecretSource { Generate = 32 } },
                    ["alias"] = "/etc/cloudlet/secrets/app",
                },
                Files = new Dictionary<string, FileSection> { ["/etc/app"] = new() { Content = "${secret:alias}" } },
            }
        );

        state.Resource<FileSpec>("file:/etc/app").Watches.ShouldBe([Id]);
    }

    [Fact]
    public void An_early_file_may_use_a_secret_and_only_an_owner_from_a_package_waits()
    {
        var packages = new Dictionary<string, PackageSection?> { ["nova-common"] = null };
        var files = new Dictionary<string, FileSection>
        {
            ["/etc/early"] = new() { Early = true, Content = "${secret:app}" },
        };

        TestHost
            .State(Host(new SecretSource { Generate = 32 }) with { Packages = packages, Files = files })
            .Resource<SecretSpec>(Id)
            .After.ShouldBeEmpty();
        TestHost
            .State(Host(new SecretSource { Generate = 32, Owner = "nova" }) with { Packages = packages })
            .Resource<SecretSpec>(Id)
            .After.ShouldBe(["package:nova-common"]);
    }

    [Fact]
    public void A_unit_follows_a_secret_that_it_loads_and_waits_for_one_that_it_names()
    {
        const string Path = "/etc/cloudlet/secrets/app";
        var state = TestHost.State(
            Host(new SecretSource { Generate = 32 }) with
            {
                Units = new Dictionary<string, UnitSection>
                {
                    ["loads.service"] = new() { Running = true, Loads = [Path] },
                    ["names.service"] = new() { Running = true, Content = $"[Service]\nLoadCredential=app:{Path}\n" },
                    ["other.service"] = new() { Running = true },
                },
            }
        );

        state.Resource<UnitSpec>("unit:loads.service").Watches.ShouldContain(Id);
        state.Resource<UnitSpec>("unit:names.service").After.ShouldContain(Id);
        state.Resource<UnitSpec>("unit:names.service").Watches.ShouldNotContain(Id);
        state.Resource<UnitSpec>("unit:other.service").After.ShouldNotContain(Id);
    }

    [Fact]
    public void A_unit_may_wait_for_a_secret()
    {
        var state = TestHost.State(
            Host(new SecretSource { Env = "APP" }) with
            {
                Units = new Dictionary<string, UnitSection>
                {
                    ["app.service"] = new() { Running = true, After = [Id] },
                },
            }
        );

        state.Resource<UnitSpec>("unit:app.service").After.ShouldContain(Id);
    }

    [Theory]
    [InlineData("secret", true)]
    [InlineData("a", true)]
    [InlineData("0.b_c-D", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData(".hidden", false)]
    [InlineData("-rf", false)]
    [InlineData("a/b", false)]
    [InlineData("a\nb", false)]
    [InlineData("ä", false)]
    public void A_name_is_a_file_name_that_leads_nowhere_else(string? name, bool isName)
    {
        SecretSpec.IsName(name).ShouldBe(isName);
        KindDescriptors.IsSound(new SecretSpec { Id = $"secret:{name}", Name = name! }).ShouldBe(isName);
        (SecretSpec.IdAt($"/etc/cloudlet/secrets/{name}") is not null).ShouldBe(isName);
    }

    [Fact]
    public void A_name_has_a_length() => SecretSpec.IsName(new string('a', SecretSpec.LongestName + 1)).ShouldBeFalse();

    [Theory]
    [InlineData("password", "password")]
    [InlineData("password\n", "password")]
    [InlineData("password\r\n", "password")]
    [InlineData(" p ä\u20ac ", " p ä\u20ac ")]
    [InlineData("", null, "empty")]
    [InlineData("\n", null, "empty")]
    [InlineData("a\n\n", null, "more than one line")]
    [InlineData("a\nb", null, "more than one line")]
    [InlineData("a\rb", null, "more than one line")]
    [InlineData("a\0b", null, "NUL")]
    [InlineData("a\u001bb", null, "control character")]
    public void A_value_is_one_line_of_text(string bytes, string? value, string? problem = null)
    {
        SecretText.Of(Encoding.UTF8.GetBytes(bytes), out var found).ShouldBe(value ?? "");
        (found ?? "").ShouldContain(problem ?? "");
        (found is null).ShouldBe(problem is null);
    }

    [Fact]
    public void A_value_is_bounded_and_utf_8()
    {
        SecretText.Of(new byte[SecretText.LongestValue + 1], out var tooLong).ShouldBeEmpty();
        tooLong.ShouldNotBeNull().ShouldContain("longer than");
        SecretText.Of([0xff, 0xfe], out var binary).ShouldBeEmpty();
        binary.ShouldNotBeNull().ShouldContain("UTF-8");
        var longest = new string('x', SecretText.LongestValue);
        SecretText.Of(Encoding.UTF8.GetBytes($"{longest}\n"), out var none).ShouldBe(longest);
        none.ShouldBeNull();
    }

    [Fact]
    public void Values_are_read_as_they_are_written_and_print_nothing()
    {
        var values = new SecretValues([new("b", "two \"2\""), new("a", "one")]);

        var read = JsonSerializer.Deserialize<SecretValues>(JsonSerializer.Serialize(values)).ShouldNotBeNull();

        read.Names.ShouldBe(["a", "b"]);
        read.Find("b").ShouldBe("two \"2\"");
        read.Find("c").ShouldBeNull();
        read.ToString().ShouldBe("2 secrets");
    }

    [Theory]
    [InlineData("""["sesame"]""")]
    [InlineData("""{"a": ["sesame"]}""")]
    [InlineData("""{"a": "sesame\nopen"}""")]
    [InlineData("""{"a": "sesame", "a": "sesame2"}""")]
    [InlineData("""{"../sesame": "x"}""")]
    [InlineData("""{"a": "sesame"}, 7""")]
    [InlineData("""{"a": "sesame""")]
    [InlineData("""{"a": 7e400, "b": "sesame"}""")]
    public void Hostile_values_are_refused_without_quoting_them(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<SecretValues>(json)).ToString().ShouldNotContain("sesame");

    [Fact]
    public void There_are_at_most_a_thousand_values()
    {
        var many = $"{{{string.Join(',', Enumerable.Range(0, SecretValues.MostValues + 1).Select(static i => $"\"a{i}\":\"x\""))}}}";

        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<SecretValues>(many));
    }

    private static HostSection Host(SecretSource source) => new() { Secrets = Secrets(new SecretSection { Source = source }) };

    private static Dictionary<string, SecretSection> Secrets(SecretSection secret) => new() { ["app"] = secret };
}
