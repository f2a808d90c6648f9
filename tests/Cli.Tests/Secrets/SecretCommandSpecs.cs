using Cloudlet.Cli.Output;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Secrets;

public sealed class SecretCommandSpecs : IDisposable
{
    private const string Site = """
        site: test
        defaults:
          reach: ssh://root@127.0.0.1:1
          secrets:
            shared: {env: CLOUDLET_TEST_UNSET}
        hosts:
          a:
            secrets:
              db: {file: secrets/db}
              tool: {command: [sh, -c, "echo locked >&2; exit 3"]}
          b:
            reach: ssh://root@127.0.0.2:1
        """;

    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_apply_names_every_value_that_is_missing_and_touches_nothing()
    {
        var (exit, output, errors) = await RunAsync("apply");

        exit.ShouldBe(ExitCodes.Invalid);
        output.ShouldBeEmpty();
        errors.ShouldContain("site.yaml:5:19: defaults.secrets.shared.env: the variable CLOUDLET_TEST_UNSET is not set");
        errors.ShouldContain("site.yaml:9:18: hosts.a.secrets.db.file: the file");
        errors.ShouldContain("hosts.a.secrets.tool.command: sh failed with exit status 3: locked");
        errors.ShouldContain("3 problems; nothing was touched.");
    }

    [Fact]
    public async Task Only_the_values_of_the_selected_hosts_are_needed()
    {
        var (exit, _, errors) = await RunAsync("apply", "--host", "b");

        exit.ShouldBe(ExitCodes.Invalid);
        errors.ShouldContain("1 problem; nothing was touched.");
        errors.ShouldNotContain("hosts.a");
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("verify")]
    public async Task Without_a_value_a_plan_says_so_and_continues(string verb)
    {
        var (exit, output, errors) = await RunAsync(verb, "--host", "a", "--ssh-option", "ConnectTimeout=1");

        exit.ShouldNotBe(ExitCodes.Invalid);
        var all = output + errors;
        all.ShouldContain("the variable CLOUDLET_TEST_UNSET is not set");
        all.ShouldContain("hosts.a.secrets.tool.command");
        all.ShouldContain("whether the host has this value is not checked");
    }

    [Fact]
    public async Task Compile_needs_no_values()
    {
        var (exit, output, _) = await RunAsync("compile", "--host", "a");

        exit.ShouldBe(ExitCodes.Ok);
        output.ShouldContain("\"secret:db\"");
        output.ShouldNotContain("CLOUDLET_TEST_UNSET");
    }

    private async Task<(int Exit, string Output, string Errors)> RunAsync(string verb, params string[] arguments)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        var exit = await CloudletCommand.RunAsync([verb, _folder.Write("site.yaml", Site), .. arguments], output, errors);
        return (exit, output.ToString(), errors.ToString());
    }
}
