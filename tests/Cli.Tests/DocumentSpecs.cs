using System.CommandLine;
using System.CommandLine.Parsing;
using System.Reflection;
using System.Text.RegularExpressions;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Verbs;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests;

/// <summary>What the documents say about the command line is what the program accepts.</summary>
public sealed partial class DocumentSpecs
{
    private const string Manual = "docs/guides/cli.md";

    private static readonly string Root = RepositoryFolder.Path;

    [Fact]
    public void Every_command_in_a_document_is_accepted()
    {
        var commands = Documents().SelectMany(static d => CommandsOf(d.Page, d.Lines)).ToList();

        commands.Count.ShouldBeGreaterThan(40);
        commands.SelectMany(static c => Errors(c.Place, c.Words)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_example_in_help_is_accepted() =>
        Commands(CloudletCommand.Create())
            .OfType<VerbCommand>()
            .SelectMany(static verb =>
                verb.Examples.SelectMany(e => ShellWords.Commands(e.Line).SelectMany(words => Errors(verb.Name, words)))
            )
            .ShouldBeEmpty();

    [Fact]
    public void A_synopsis_has_verbs_and_options_that_exist() =>
        Documents().SelectMany(static d => SynopsisOf(d.Page, d.Lines)).SelectMany(static s => WrongIn(s)).ShouldBeEmpty();

    [Fact]
    public void The_manual_has_every_verb()
    {
        var page = Documents().Single(static d => d.Page == Manual);
        var synopsis = SynopsisOf(page.Page, page.Lines).ToList();

        foreach (var verb in CloudletCommand.Create().Subcommands.Where(static v => !v.Hidden))
        {
            var lines = synopsis.Where(s => s.Verb == verb.Name).ToList();
            lines.ShouldNotBeEmpty($"{Manual} has no line for {verb.Name}");
            var names = verb.Subcommands.Where(static c => !c.Hidden).Select(static c => c.Name).Order(StringComparer.Ordinal).ToList();
            if (names.Count > 0)
                lines.SelectMany(static s => s.Names).Distinct().Order(StringComparer.Ordinal).ShouldBe(names);
        }
    }

    [Fact]
    public void Every_option_is_in_a_guide()
    {
        var guides = string.Join(
            '\n',
            Documents().Where(static d => d.Page.StartsWith("docs/guides/", StringComparison.Ordinal)).SelectMany(static d => d.Lines)
        );
        var named = Option().Matches(guides).Select(static m => m.Value).ToHashSet(StringComparer.Ordinal);

        Commands(CloudletCommand.Create())
            .SelectMany(static c => c.Options.Where(static o => !o.Hidden).Select(o => (Command: c.Name, o.Name)))
            .Where(o => o.Name is not "--help" and not "--version" && !named.Contains(o.Name))
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_manual_has_every_exit_status()
    {
        var statuses = typeof(ExitCodes)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(static f => (int)f.GetRawConstantValue()!);
        var documented = Status()
            .Matches(File.ReadAllText(Path.Combine(Root, Manual)))
            .Select(static m => int.Parse(m.Groups["status"].Value));

        documented.Order().ShouldBe(statuses.Order());
        Commands(CloudletCommand.Create())
            .OfType<VerbCommand>()
            .SelectMany(static v => v.Exits.Select(static e => e.Code))
            .Except(statuses)
            .ShouldBeEmpty();
    }

    /// <summary>Visible commands at every depth.</summary>
    private static IEnumerable<Command> Commands(Command root) =>
        root.Subcommands.Where(static c => !c.Hidden).SelectMany(static c => Commands(c).Prepend(c));

    private static IEnumerable<string> Errors(string place, IReadOnlyList<string> words)
    {
        var parsed = CloudletCommand.Create().Parse([.. words]);
        // An option that does not exist is taken for a file where a verb takes any number of them.
        var options = WithParents(parsed.CommandResult).SelectMany(static c => c.Options).Select(static o => o.Name).ToList();
        return parsed
            .Errors.Select(static e => e.Message)
            .Concat(
                words
                    .TakeWhile(static w => w != "--")
                    .Where(static w => w.StartsWith("--", StringComparison.Ordinal))
                    .Select(static w => w.Split('=')[0])
                    .Except(options)
                    .Select(static o => $"there is no option {o}")
            )
            .Select(problem => $"{place}: cloudlet {string.Join(' ', words)}: {problem}");
    }

    private static IEnumerable<Command> WithParents(SymbolResult? result)
    {
        for (; result is not null; result = result.Parent)
            if (result is CommandResult command)
                yield return command.Command;
    }

    private static IEnumerable<(string Page, string[] Lines)> Documents() =>
        Directory
            .EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Root, "*.md"))
            .Concat(Directory.EnumerateFiles(Path.Combine(Root, "templates", "sites"), "*.yaml"))
            .Select(static file => (Path.GetRelativePath(Root, file), File.ReadAllLines(file)));

    /// <summary>Commands after a prompt in console blocks, in the lines of sh blocks, and in comments of site files.</summary>
    private static IEnumerable<(string Place, IReadOnlyList<string> Words)> CommandsOf(string page, string[] lines)
    {
        var block = page.EndsWith(".yaml", StringComparison.Ordinal) ? "comment" : "";
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                block = block.Length == 0 ? lines[i][3..].Trim().PadRight(1) : "";
                continue;
            }

            var command = block switch
            {
                "sh" => lines[i],
                "console" or "comment" when lines[i] is ['$' or '#', ' ', .. var typed] => typed,
                _ => "",
            };
            foreach (var words in ShellWords.Commands(command))
                yield return ($"{page}:{i + 1}", words);
        }
    }

    /// <summary>The lines of the block below "## Synopsis".</summary>
    private static IEnumerable<SynopsisLine> SynopsisOf(string page, string[] lines)
    {
        var start = Array.IndexOf(lines, "## Synopsis");
        if (start < 0)
            yield break;
        start = Array.IndexOf(lines, "```", start) + 1;
        var end = Array.IndexOf(lines, "```", start);
        for (var i = start; i < end; i++)
        {
            var text = lines[i];
            while (i + 1 < end && lines[i + 1].StartsWith(' '))
                text += lines[++i];
            var words = Bracket().Replace(text, "").Split([' ', '|'], StringSplitOptions.RemoveEmptyEntries);
            yield return new SynopsisLine(
                $"{page}:{i + 1}",
                words[1],
                [.. words.Skip(2).Where(static w => w.All(char.IsAsciiLetterLower))],
                [.. Option().Matches(text).Select(static m => m.Value)]
            );
        }
    }

    private static IEnumerable<string> WrongIn(SynopsisLine line)
    {
        var verb = CloudletCommand.Create().Subcommands.FirstOrDefault(v => v.Name == line.Verb);
        if (verb is null)
            return [$"{line.Place}: there is no verb {line.Verb}"];
        var chosen = verb.Subcommands.Where(c => line.Names.Contains(c.Name)).Append(verb).ToList();
        return
        [
            .. line
                .Names.Where(n => verb.Subcommands.Count > 0 && chosen.All(c => c.Name != n))
                .Select(n => $"{line.Place}: {verb.Name} has no {n}"),
            .. line
                .Options.Except(chosen.SelectMany(static c => c.Options).Select(static o => o.Name))
                .Select(o => $"{line.Place}: {verb.Name} has no {o}"),
        ];
    }

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Bracket();

    [GeneratedRegex(@"--[a-z][a-z-]*", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Option();

    [GeneratedRegex(@"^\| (?<status>\d+) \|", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Status();

    /// <summary>A line of a synopsis.</summary>
    /// <param name="Place">Page and line.</param>
    /// <param name="Verb">The word after <c>cloudlet</c>.</param>
    /// <param name="Names">Further words outside of brackets: its subcommands, when it has any.</param>
    /// <param name="Options">Options, in brackets or not.</param>
    private sealed record SynopsisLine(string Place, string Verb, IReadOnlyList<string> Names, IReadOnlyList<string> Options);
}
