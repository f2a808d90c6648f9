using Cloudlet.Agent;
using Cloudlet.Agent.Secrets;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Site;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Secrets;

/// <summary>Values from real files, variables and programs.</summary>
public sealed class SecretResolverSpecs : IDisposable
{
    private const string Sesame = "Xq7-open-sesame";

    private readonly TempDir _folder = new();
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Values_come_from_files_variables_and_programs_beside_the_site_file()
    {
        _folder.Write("sites/secrets/db", "from the file\n");
        _folder.Write("sites/here", "from the program\n");
        _environment["APP"] = "from the environment";

        var values = await ValuesAsync(
            "{db: {file: secrets/db}, app: {env: APP}, pass: {command: [cat, here]}, made: {generate: 32}, path: /etc/path}"
        );

        values.Names.ShouldBe(["app", "db", "pass"]);
        values.Find("db").ShouldBe("from the file");
        values.Find("app").ShouldBe("from the environment");
        values.Find("pass").ShouldBe("from the program");
    }

    [Fact]
    public async Task Arguments_are_passed_as_they_are_and_there_is_no_input()
    {
        var values = await ValuesAsync("{a: {command: [printf, '%s', '$HOME; `x` \"']}, b: {command: [sh, -c, 'cat; echo done']}}");

        values.Find("a").ShouldBe("$HOME; `x` \"");
        values.Find("b").ShouldBe("done");
    }

    [Fact]
    public async Task All_that_is_missing_is_named_at_once_with_its_place()
    {
        _environment["EMPTY"] = "";
        _folder.Write("sites/lines", "a\nb\n");
        _folder.Write("sites/long", new string('x', SecretText.LongestValue + 1));
        _folder.Write("sites/nul", "a\0b");

        var problems = (
            await ResolveAsync(
                """
                {
                      a: {env: UNSET},
                      b: {env: EMPTY},
                      c: {file: nowhere/c},
                      d: {file: lines},
                      e: {file: long},
                      f: {file: nul},
                      g: {command: [no-such-program-here]},
                      h: {command: [sh, -c, 'echo one >&2; echo two >&2; echo three >&2; echo four >&2; exit 7']},
                      i: {command: ["true"]},
                      j: {file: .}}
                """
            )
        ).Problems;

        problems
            .Select(static p => p.Path)
            .ShouldBe("abcdefghij".Select(static (c, i) => $"hosts.a.secrets.{c}.{(i < 2 ? "env" : i is < 6 or 9 ? "file" : "command")}"));
        problems.Select(static p => p.Place.Line).ShouldBe(Enumerable.Range(4, 10));
        string[] parts =
        [
            "the variable UNSET is not set",
            "the value is empty",
            "does not exist",
            "more than one line",
            "longer than",
            "NUL",
            "cannot be run",
            "failed with exit status 7: two; three; four",
            "the value is empty",
            "cannot be read",
        ];
        foreach (var (problem, part) in problems.Zip(parts))
            problem.Message.ShouldContain(part);
    }

    [Fact]
    public async Task What_a_failed_program_printed_is_in_no_message()
    {
        var problem = (
            await ResolveAsync($"{{a: {{command: [sh, -c, 'echo {Sesame}; echo \"debug: {Sesame}\" >&2; echo locked >&2; exit 1']}}}}")
        ).Problems.ShouldHaveSingleItem();

        problem.ToString().ShouldNotContain(Sesame);
        problem.Message.ShouldEndWith("failed with exit status 1: locked");
    }

    [Fact]
    public async Task A_program_that_does_not_end_or_prints_without_end_is_stopped()
    {
        var problems = (
            await ResolveAsync(
                "{a: {command: [sh, -c, 'echo waiting >&2; sleep 600']}, b: {command: [cat, /dev/zero]}, c: {file: /dev/zero}}",
                TimeSpan.FromSeconds(1)
            )
        ).Problems;

        problems.Select(static p => p.Message.Contains("longer than", StringComparison.Ordinal)).ShouldBe([false, true, true]);
        problems[0].Message.ShouldContain("did not end within 1 s and was stopped: waiting");
    }

    [Fact]
    public async Task A_source_that_several_secrets_have_is_asked_once()
    {
        const string Command = "{command: [sh, -c, 'echo x >>runs; wc -l <runs']}";

        var values = await ValuesAsync($"{{a: {Command}, b: {Command}}}");

        values.Find("a").ShouldBe("1");
        values.Find("b").ShouldBe("1");
    }

    [Fact]
    public async Task Values_travel_beside_the_state_and_print_nothing()
    {
        _environment["APP"] = Sesame;
        const string Secrets = "{app: {env: APP}}";
        var state = HostCompiler.Compile(Load(Secrets), new DiskSiteFiles()).ShouldHaveSingleItem().State!;
        var request = new AgentRequest(HostVerb.Apply)
        {
            State = state,
            Secrets = await ValuesAsync(Secrets),
            Claim = new OwnerClaim(new Owner(OwnerKind.Site, "s", "a")),
        };

        var read = AgentRequest.Parse(request.ToBytes());

        read.Secrets!.Find("app").ShouldBe(Sesame);
        read.State!.Digest.ShouldBe(state.Digest);
        System.Text.Encoding.UTF8.GetString(state.ToBytes()).ShouldNotContain(Sesame);
        request.ToString().ShouldNotContain(Sesame);
        read.Secrets.ToString().ShouldBe("1 secrets");
    }

    private async Task<SecretValues> ValuesAsync(string secrets)
    {
        var (values, problems) = await ResolveAsync(secrets);
        problems.ShouldBeEmpty();
        return values;
    }

    private Task<ResolvedSecrets> ResolveAsync(string secrets, TimeSpan? limit = null) =>
        new SecretResolver(_environment.GetValueOrDefault, Load(secrets).Hosts, limit).ResolveAsync(
            Load(secrets).Hosts.ShouldHaveSingleItem(),
            default
        );

    private LoadedSite Load(string secrets)
    {
        var path = _folder.Write("sites/site.yaml", $"hosts:\n  a:\n    secrets: {secrets}\n");
        var loaded = SiteLoader.Load([path], new DiskSiteFiles());
        loaded.Problems.ShouldBeEmpty();
        return loaded.Site!;
    }
}
