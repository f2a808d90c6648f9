using System.Text.Json.Nodes;
using Cloudlet.Cli.Output;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests;

public sealed class CommandSpecs : IDisposable
{
    private const string Good = """
        site: test
        hosts:
          a:
            boot: none
            links:
              lan0: {kind: bridge, addresses: [10.1.0.1/24]}
            files:
              /etc/a.conf: {content: "x\n"}
        """;

    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_problem_is_listed_with_its_place_and_nothing_is_touched()
    {
        var (exit, output, errors) = await Run("apply", Site("hosts:\n  a:\n    links:\n      lan0: {knd: bridge, mtu: 20}\n"));
        exit.ShouldBe(ExitCodes.Invalid);
        errors.ShouldContain("site.yaml:4:14");
        errors.ShouldContain("did you mean \"kind\"?");
        errors.ShouldContain("nothing was touched");
        output.ShouldBeEmpty();
    }

    [Fact]
    public async Task Problems_are_json_lines_for_machines()
    {
        var (exit, output, _) = await Run("plan", Site("hosts:\n  a:\n    lnks: {}\n"), "--json");
        exit.ShouldBe(ExitCodes.Invalid);
        var problem = JsonNode.Parse(output.Split('\n')[0])!;
        problem["event"]!.GetValue<string>().ShouldBe("problem");
        problem["line"]!.GetValue<int>().ShouldBe(3);
    }

    [Fact]
    public async Task An_unknown_host_is_reported_with_the_known_ones()
    {
        var (exit, _, errors) = await Run("verify", Site(Good), "--host", "b");
        exit.ShouldBe(ExitCodes.Invalid);
        errors.ShouldContain("no host \"b\"");
        errors.ShouldContain("it has a");
    }

    [Fact]
    public async Task Compile_prints_a_state_that_reads_back()
    {
        var (exit, output, _) = await Run("compile", Site(Good));
        exit.ShouldBe(ExitCodes.Ok);
        DesiredState.HostState.Parse(System.Text.Encoding.UTF8.GetBytes(output)).Resources.Select(r => r.Id).ShouldContain("link:lan0");
    }

    [Fact]
    public async Task Compile_writes_a_file_per_host_and_prints_its_digest()
    {
        var (exit, output, _) = await Run("compile", Site(Good), "--output", _folder["states"]);
        exit.ShouldBe(ExitCodes.Ok);
        var state = DesiredState.HostState.Parse(await File.ReadAllBytesAsync(Path.Combine(_folder["states"], "a.json")));
        output.ShouldContain(state.Digest);
    }

    [Fact]
    public async Task A_missing_site_file_is_a_problem_not_a_crash()
    {
        var (exit, _, errors) = await Run("plan", _folder["nowhere.yaml"]);
        exit.ShouldBe(ExitCodes.Invalid);
        errors.ShouldContain("nowhere.yaml");
    }

    [Fact]
    public async Task A_damaged_state_is_refused_with_advice()
    {
        await File.WriteAllTextAsync(_folder["state.json"], "{\"version\":1,");
        var (exit, _, errors) = await Run("verify", "--state", _folder["state.json"]);
        exit.ShouldBe(ExitCodes.Invalid);
        errors.ShouldContain("cloudlet compile");
    }

    [Fact]
    public async Task An_invalid_option_is_invalid_input() =>
        (await Run("apply", Site(Good), "--confirm", "yesterday")).Exit.ShouldBe(ExitCodes.Invalid);

    [Theory]
    [InlineData("plan")]
    [InlineData("apply")]
    [InlineData("verify")]
    [InlineData("confirm")]
    [InlineData("rollback")]
    [InlineData("status")]
    [InlineData("compile")]
    [InlineData("schema")]
    [InlineData("lab")]
    [InlineData("completion")]
    public async Task Every_verb_has_help_with_examples(string verb)
    {
        var (exit, output, _) = await Run(verb, "--help");
        exit.ShouldBe(ExitCodes.Ok);
        output.ShouldContain("Examples:");
        output.ShouldContain($"cloudlet {verb}");
    }

    [Fact]
    public async Task The_schema_verb_prints_the_schema_of_the_documentation()
    {
        var (_, output, _) = await Run("schema");
        JsonNode.Parse(output)!["properties"]!["hosts"].ShouldNotBeNull();
    }

    private string Site(string text) => _folder.Write("site.yaml", text);

    [Fact]
    public async Task Version_prints_the_version_of_the_program_and_nothing_else()
    {
        var (exit, output, errors) = await Run("--version");
        (exit, errors).ShouldBe((0, ""));
        Version.TryParse(output.Split('-', '+')[0].Trim(), out _).ShouldBeTrue(output); // as ProgramProbe reads it
    }

    private static async Task<(int Exit, string Output, string Errors)> Run(params string[] args)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var exit = await CloudletCommand.RunAsync(args, output, errors);
        return (exit, output.ToString(), errors.ToString());
    }
}
