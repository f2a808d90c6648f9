using System.Text;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Resources.Kinds.Secrets;

namespace Cloudlet.Resources.Tests.Secrets;

/// <summary>What a host gives to other hosts, and what its own applies make of that.</summary>
public sealed class SecretGiverSpecs : IDisposable
{
    private const string Path = "/etc/cloudlet/secrets/app";
    private const string First = "secrets: {app: {generate: 32}}";
    private const string Second = "secrets: {app: {generate: 32, version: 2}}";
    private const string Sesame = "Xq7-open-sesame";

    private readonly SecretsHost _host = new();
    private readonly List<string> _notes = [];

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task A_value_that_is_notes_for_others_is_the_one_that_the_next_apply_puts_in_place()
    {
        var given = Give(makes: true);

        given.Changing.ShouldBeNull();
        _notes.ShouldHaveSingleItem().ShouldStartWith("secret:app: a value was made for other hosts");
        _host.Files.Stat(Path).ShouldBeNull();
        (await _host.PlanAsync(First)).Changes.ShouldHaveSingleItem().Action.ShouldBe(Converge.Plans.ChangeAction.Create);
        (await _host.ApplyAsync(First)).Result.ShouldBe(RunResult.Changed);

        _host.Files[Path].ShouldBe(given.Values.Find("app"));
        Give(makes: true).Values.Find("app").ShouldBe(_host.Files[Path]);
        _notes.Count.ShouldBe(1);
        (await _host.PlanAsync(First)).IsEmpty.ShouldBeTrue();
        _host.Traces().ShouldAllBe(t => !t.Contains(_host.Files[Path]));
    }

    [Fact]
    public async Task It_is_a_secret_like_any_other_and_goes_with_the_description()
    {
        Give(makes: true);
        await _host.ApplyAsync(First);

        await _host.ApplyAsync("");

        _host.Files.Stat(Path).ShouldBeNull();
        _host.Files.Contents.ShouldNotContain(static f => f.Path.StartsWith("/var/lib/cloudlet/secrets/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_plan_makes_nothing()
    {
        var given = Give(makes: false);

        given.Values.Count.ShouldBe(0);
        given.Missing!["app"].ShouldBe("the next apply makes it");
        _host.Machine.Writes.ShouldBeEmpty();
        _host.Files.Contents.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_notes_is_notes_once()
    {
        var first = Give(makes: true).Values.Find("app");

        Give(makes: true).Values.Find("app").ShouldBe(first);
        Give(makes: false).Values.Find("app").ShouldBe(first);
        await _host.ApplyAsync("files: {/etc/motd: {content: hello}}"); // The secret is not described: this ends its next value.
        Give(makes: true).Values.Find("app").ShouldNotBe(first);
    }

    [Fact]
    public async Task A_new_version_is_given_before_the_host_has_it_and_said_to_be_a_change()
    {
        await _host.ApplyAsync(First);
        var before = _host.Files[Path];

        var given = Give(version: 2, makes: true);

        given.Changing.ShouldBe(["app"]);
        given.Values.Find("app").ShouldNotBe(before);
        _host.Files[Path].ShouldBe(before);
        (await _host.PlanAsync(First)).IsEmpty.ShouldBeTrue();
        await _host.ApplyAsync(Second);
        _host.Files[Path].ShouldBe(given.Values.Find("app"));
        Give(version: 2, makes: true).Changing.ShouldBeNull();
    }

    [Fact]
    public async Task A_plan_of_a_new_version_has_no_value_and_does_not_give_the_old_one()
    {
        await _host.ApplyAsync(First);

        var given = Give(version: 2, makes: false);

        given.Values.Count.ShouldBe(0);
        given.Missing!.ShouldContainKey("app");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_the_host_itself_is_not_applied_others_get_the_value_that_it_has(bool makes)
    {
        await _host.ApplyAsync(First);

        var given = Give(version: 2, makes, isIncluded: false);

        given.Values.Find("app").ShouldBe(_host.Files[Path]);
        given.Changing.ShouldBeNull();
        _notes.ShouldHaveSingleItem().ShouldContain("other hosts get the present value");
    }

    [Fact]
    public async Task After_a_rollback_the_next_apply_uses_what_others_got()
    {
        await _host.ApplyAsync(First);
        var before = _host.Files[Path];
        var given = Give(version: 2, makes: true).Values.Find("app");

        await _host.ApplyAsync(Second);
        _host.Files[Path].ShouldBe(given);
        await _host.RollBackAsync();
        _host.Files[Path].ShouldBe(before);

        Give(version: 2, makes: true).Values.Find("app").ShouldBe(given);
        Give(version: 1, makes: true).Values.Find("app").ShouldBe(before);
        await _host.ApplyAsync(Second);
        _host.Files[Path].ShouldBe(given);
    }

    [Fact]
    public async Task An_older_version_that_is_described_again_is_a_new_value()
    {
        await _host.ApplyAsync(First);
        var second = Give(version: 2, makes: true).Values.Find("app")!;
        await _host.ApplyAsync(Second);
        await _host.ApplyAsync(First);

        await _host.ApplyAsync(Second);

        _host.Files[Path].ShouldNotBe(second);
    }

    [Fact]
    public async Task A_repair_between_the_question_and_the_apply_keeps_the_next_value()
    {
        await _host.ApplyAsync(First);
        var given = Give(version: 2, makes: true).Values.Find("app");
        _host.Files.Take(Path);
        await (await _host.HealAsync()).HealAsync();

        await _host.ApplyAsync(Second);

        _host.Files[Path].ShouldBe(given);
    }

    [Fact]
    public void A_file_from_before_the_secret_is_its_value()
    {
        _host.Files.Put(Path, Encoding.UTF8.GetBytes($"{Sesame}\n"), mode: 0x180);

        Give(makes: true).Values.Find("app").ShouldBe(Sesame);
        _notes.ShouldBeEmpty();
    }

    [Fact]
    public void An_operators_file_is_read_and_what_it_lacks_is_named_without_its_content()
    {
        _host.Files.Put("/etc/good", Encoding.UTF8.GetBytes($"{Sesame}\n"), mode: 0x180);
        _host.Files.Put("/etc/lines", Encoding.UTF8.GetBytes($"{Sesame}\n{Sesame}\n"), mode: 0x180);
        _host.Files.Put("/etc/long", new byte[SecretText.LongestValue + 3], mode: 0x180);

        var given = Give(
            new AskedSecret("good") { Path = "/etc/good" },
            new AskedSecret("lines") { Path = "/etc/lines" },
            new AskedSecret("long") { Path = "/etc/long" },
            new AskedSecret("none") { Path = "/etc/none" },
            new AskedSecret("odd")
        );

        given.Values.Names.ShouldBe(["good"]);
        given.Values.Find("good").ShouldBe(Sesame);
        given.Missing!.Keys.ShouldBe(["lines", "long", "none", "odd"]);
        given.Missing["lines"].ShouldBe("/etc/lines: the value has more than one line; a secret is one line");
        given.Missing["none"].ShouldBe("/etc/none does not exist there");
        given.Missing["odd"].ShouldContain("not valid");
        given.ToString().ShouldNotContain(Sesame);
        _host.Machine.Writes.ShouldBeEmpty();
    }

    [Fact]
    public void Something_else_in_the_place_of_the_file_is_not_followed()
    {
        _host.Files.WriteSymlink(Path, "/etc/shadow");

        Give(makes: true).Missing!["app"].ShouldContain("symbolic link");
    }

    [Fact]
    public void The_answer_is_read_as_it_is_written()
    {
        var given = Give(makes: true) with
        {
            Missing = new Dictionary<string, string> { ["b"] = "no" },
            Changing = ["app"],
        };

        var line = ConvergeEventJson.ToLine(given);
        var read = ConvergeEventJson.Parse(line).ShouldBeOfType<SecretsGiven>();

        line.ShouldStartWith("""{"event":"secrets-given",""");
        read.Values.Find("app").ShouldBe(given.Values.Find("app"));
        (read.Missing!["b"], read.Changing![0]).ShouldBe(("no", "app"));
    }

    private SecretsGiven Give(bool makes, bool isIncluded = true) => Give(1, makes, isIncluded);

    private SecretsGiven Give(int version, bool makes, bool isIncluded = true) =>
        Give(new SecretsRequest([new AskedSecret("app") { Length = 32, Version = version }]) { Makes = makes, IsIncluded = isIncluded });

    private SecretsGiven Give(params AskedSecret[] asked) => Give(new SecretsRequest(asked));

    private SecretsGiven Give(SecretsRequest request) => new SecretGiver(_host.Files, _host.Vault, _host.Copies).Give(request, _notes.Add);
}
