using System.CommandLine;
using System.CommandLine.Help;
using System.Diagnostics;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Verbs;
using Cloudlet.Linux;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Verbs;

/// <summary>The manual pages say what the command line accepts, and the programs that show them have nothing to warn about.</summary>
public sealed class ManVerbSpecs
{
    private static readonly Dictionary<string, string> Pages = new ManPages(CloudletCommand.Create(), "1.2.3", new DateOnly(2026, 12, 1))
        .All()
        .ToDictionary(static p => p.File, static p => p.Text, StringComparer.Ordinal);

    public static TheoryData<string> Verbs() => new(Visible().Select(static v => v.Name));

    [Fact]
    public void The_program_and_each_visible_verb_have_a_page()
    {
        Pages.Keys.Order().ShouldBe(Visible().Select(static v => $"cloudlet-{v.Name}.1").Append("cloudlet.1").Order());

        foreach (var verb in Visible())
            Pages["cloudlet.1"].ShouldContain($@"\fBcloudlet\-{verb.Name}\fR(1)");
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_page_has_what_help_has(string name)
    {
        var page = Pages[$"cloudlet-{name}.1"];
        var text = OneLine(page);

        page.ShouldStartWith($""".TH "CLOUDLET-{name.ToUpperInvariant()}" 1 "2026-12-01" "cloudlet 1.2.3" "Provision" """.TrimEnd());
        foreach (var command in WithInner(Visible().Single(v => v.Name == name)))
        {
            text.ShouldContain(OneLine(Roff.Marked(command.Description!)));
            foreach (var option in command.Options.Where(static o => !o.Hidden && o is not HelpOption))
            {
                text.ShouldContain(Roff.Bold(option.Name));
                text.ShouldContain(OneLine(Roff.Marked(option.Description!)));
            }

            if (command is not VerbCommand verb)
                continue;
            foreach (var (line, _) in verb.Examples)
                page.ShouldContain($".TP\n{Roff.Bold(line)}\n");
            foreach (var (code, _) in verb.Exits)
                page.ShouldContain($".TP\n{Roff.Bold($"{code}")}\n");
        }
    }

    [Fact]
    public void Hidden_options_are_not_shown() => string.Concat(Pages.Values).ShouldNotContain(Roff.Bold("--if-unconfirmed"));

    [Fact]
    public void A_default_and_the_choices_are_named_as_they_are_typed()
    {
        var page = OneLine(Pages["cloudlet-lab.1"]);

        page.ShouldContain(@"\fIcontainer|netns\fR");
        page.ShouldContain(@"Default: \fBcontainer\fR.");
    }

    [Theory]
    [InlineData("a-b", @"a\-b")]
    [InlineData(@"\n", @"\en")]
    [InlineData("it's", @"it\(aqs")]
    [InlineData("from → to", @"from \[u2192] to")]
    [InlineData("𝄞", @"\[u1D11E]")]
    [InlineData("run `cloudlet apply` now", @"run \fBcloudlet apply\fR now")]
    [InlineData("a ` alone", @"a \(ga alone")]
    public void Characters_mean_themselves(string text, string marked) => Roff.Marked(text).ShouldBe(marked);

    [Fact]
    public void A_line_of_text_is_no_instruction() =>
        Roff.Page("x", "y", default, "z").Section("X").Paragraph(".so /etc/passwd").ToString().ShouldEndWith("\n\\&.so /etc/passwd\n");

    [Theory]
    [InlineData("1764547200", "2025-12-01")]
    [InlineData("", "2026-01-02")]
    [InlineData("tomorrow", "2026-01-02")]
    [InlineData("99999999999999", "2026-01-02")]
    public void Pages_have_the_date_of_the_source(string seconds, string date) =>
        ManVerb.Date(seconds, new ManualClock()).ToString("yyyy-MM-dd").ShouldBe(date);

    [Fact]
    public async Task The_verb_writes_the_pages_into_a_new_folder()
    {
        using var folder = new TempDir();

        (await CloudletCommand.RunAsync(["man", folder["man/man1"]])).ShouldBe(ExitCodes.Ok);

        Directory.GetFiles(folder["man/man1"]).Select(Path.GetFileName).Order().ShouldBe(Pages.Keys.Order());
    }

    [Fact]
    public async Task Man_shows_every_page_without_a_warning()
    {
        Require("man", "lexgrog", "groff");
        using var folder = new TempDir();
        foreach (var (file, text) in Pages)
        {
            var page = folder.Write(file, text);
            var (shown, warnings) = await RunAsync("man", "--warnings", "-E", "UTF-8", "-l", page);
            warnings.ShouldBeEmpty(file);
            shown.ShouldContain("SYNOPSIS", customMessage: file);
            (await RunAsync("lexgrog", page)).Output.ShouldContain($"\"{Path.GetFileNameWithoutExtension(file)} - ", customMessage: file);
        }
    }

    private static IEnumerable<Command> Visible() => CloudletCommand.Create().Subcommands.Where(static c => !c.Hidden);

    private static IEnumerable<Command> WithInner(Command verb) => verb.Subcommands.Where(static c => !c.Hidden).Prepend(verb);

    private static string OneLine(string page) => page.Replace(@"\&", "").Replace('\n', ' ');

    private static void Require(params string[] programs)
    {
        var missing = programs.Where(static p => ProgramSearch.Find(p) is null).ToList();
        if (missing.Count == 0)
            return;
        var advice = $"needs {string.Join(", ", missing)}: apt-get install man-db groff-base";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", advice);
        Assert.Fail(advice);
    }

    private static async Task<(string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["LC_ALL"] = "C.UTF-8", ["MANWIDTH"] = "100" },
            }
        )!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {await errors}");
        return (output, await errors);
    }
}
