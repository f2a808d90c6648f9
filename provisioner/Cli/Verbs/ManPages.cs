using System.Collections;
using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary>
/// The manual pages of a command line: one of the program and one of each visible verb, from the same descriptions, options, examples and
/// exit codes as <c>--help</c>.
/// </summary>
/// <param name="root">The command line.</param>
/// <param name="version">Version of the program, for the foot of a page.</param>
/// <param name="date">Date of the pages.</param>
internal sealed class ManPages(Command root, string version, DateOnly date)
{
    private const string Program = "cloudlet";

    /// <summary>The dots of what may be repeated, which do not end a sentence.</summary>
    private const string Repeated = @"...\&";

    private static readonly (string Path, string What)[] Files =
    [
        ("site.yaml", "The site that plan, apply, verify and compile read when none is named."),
        ("/var/lib/cloudlet", "On each host: the last applied state, the journal, sealed copies for rolling back, and the runtime's VMs."),
        ("/run/cloudlet", "On each host: the lock, and what the health daemon reports."),
        ("/etc/cloudlet/secrets", "On each host: the files of secrets."),
        ("/usr/local/lib/cloudlet/cloudlet", "The copy of the program that the health daemon runs; each apply brings it up to date."),
    ];

    private IEnumerable<Command> Verbs => root.Subcommands.Where(static c => !c.Hidden);

    /// <summary>The pages with their file names.</summary>
    public IEnumerable<(string File, string Text)> All() =>
        Verbs.Select(verb => ($"{PageOf(verb)}.1", OfVerb(verb))).Prepend(($"{Program}.1", OfProgram()));

    /// <summary>Name of the page of a verb.</summary>
    public static string PageOf(Command verb) => $"{Program}-{verb.Name}";

    private string OfProgram()
    {
        var page = Begin(Program, root.Description!);
        page.Section("SYNOPSIS")
            .Words($"{Roff.Bold(Program)} {Roff.Italic("VERB")} [{Roff.Italic("ARGUMENTS")}] [{Roff.Italic("OPTIONS")}]")
            .Words($"{Roff.Bold($"{Program} --version")}")
            .Words($"{Roff.Bold($"{Program} --help")}");
        page.Section("DESCRIPTION")
            .Paragraph(root.Description!)
            .Paragraph("Every verb has a page of its own. `--help` after any verb shows its options, examples and exit status.");
        page.Section("VERBS");
        foreach (var verb in Verbs)
            page.Item(Reference(PageOf(verb)), verb.Description!);
        page.Section("EXIT STATUS");
        foreach (var (code, meaning) in ExitCodes.Meanings)
            page.Item(Roff.Bold($"{code}"), Sentence(meaning));
        page.Paragraph("With several hosts the worst status counts: 1, then 3, then 2.");
        page.Section("ENVIRONMENT").Item(Roff.Bold("NO_COLOR"), "When it is set and not empty, output has no colours.");
        page.Section("FILES");
        foreach (var (path, what) in Files)
            page.Item(Roff.Italic(path), what);
        page.Section("SEE ALSO").Words(string.Join(", ", Verbs.Select(static v => Reference(PageOf(v)))));
        return page.ToString();
    }

    private string OfVerb(Command verb)
    {
        var page = Begin(PageOf(verb), verb.Description!);
        var inner = verb.Subcommands.Where(static c => !c.Hidden).ToList();
        page.Section("SYNOPSIS");
        foreach (var command in inner.Count > 0 ? inner : [verb])
            page.Words(SynopsisOf(command));
        page.Section("DESCRIPTION").Paragraph(verb.Description!);
        AddUse(page, verb, title => page.Section(title));
        if (inner.Count > 0)
            page.Section("COMMANDS");
        foreach (var command in inner)
        {
            page.Subsection(PathOf(command)).Paragraph(command.Description!);
            AddUse(page, command, title => page.Words(Roff.Bold($"{char.ToUpperInvariant(title[0])}{title[1..].ToLowerInvariant()}:")));
        }

        page.Section("SEE ALSO").Words(Reference(Program));
        return page.ToString();
    }

    private Roff Begin(string name, string description) => Roff.Page(name, SummaryOf(description), date, $"{Program} {version}");

    /// <summary>Arguments, options, exit codes and examples of one command, each below its title.</summary>
    private static void AddUse(Roff page, Command command, Action<string> begin)
    {
        List("ARGUMENTS", command.Arguments.Where(static a => !a.Hidden), a => page.Item(Roff.Italic(ValueOf(a)), WithDefault(a)));
        List("OPTIONS", command.Options.Where(IsShown), o => page.Item(LabelOf(o), WithDefault(o)));
        if (command is not VerbCommand verb)
            return;
        IEnumerable<(int Code, string Meaning)> exits = verb.Exits.Count > 0 ? [(ExitCodes.Ok, "success"), .. verb.Exits] : [];
        List("EXIT STATUS", exits, exit => page.Item(Roff.Bold($"{exit.Code}"), Sentence(exit.Meaning)));
        List("EXAMPLES", verb.Examples, example => page.Item(Roff.Bold(example.Line), Sentence(example.Does)));

        void List<T>(string title, IEnumerable<T> items, Action<T> add)
        {
            var all = items.ToList();
            if (all.Count > 0)
                begin(title);
            all.ForEach(add);
        }
    }

    private static string SynopsisOf(Command command)
    {
        var words = new List<string> { Roff.Bold(PathOf(command)) };
        foreach (var argument in command.Arguments.Where(static a => !a.Hidden))
        {
            var name = Roff.Italic(ValueOf(argument)) + (argument.Arity.MaximumNumberOfValues > 1 ? Repeated : "");
            words.Add(argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name);
        }

        var parents = command.Parents.OfType<Command>().SelectMany(static p => p.Options).Where(static o => o.Recursive);
        foreach (var option in command.Options.Concat(parents).Where(IsShown))
        {
            var many = option.Arity.MaximumNumberOfValues > 1 ? Repeated : "";
            // A space that does not break, between an option and its value.
            var label = ValueOf(option) is { Length: > 0 } value
                ? $@"{Roff.Bold(option.Name)}\~{Roff.Italic(value)}"
                : Roff.Bold(option.Name);
            words.Add(option.Required ? label + many : $"[{label}]{many}");
        }

        return string.Join(' ', words);
    }

    private static string LabelOf(Option option)
    {
        var names = option.Aliases.OrderBy(static a => a.Length).Append(option.Name).Select(Roff.Bold);
        return string.Join(", ", names) + (ValueOf(option) is { Length: > 0 } value ? $" {Roff.Italic(value)}" : "");
    }

    /// <summary>What a value of the option is called; empty for a switch.</summary>
    private static string ValueOf(Option option) =>
        option.ValueType == typeof(bool)
            ? ""
            : option.HelpName ?? ChoicesOf(option, option.ValueType) ?? option.Name.TrimStart('-').ToUpperInvariant();

    private static string ValueOf(Argument argument) => argument.HelpName ?? ChoicesOf(argument, argument.ValueType) ?? argument.Name;

    private static string? ChoicesOf(Symbol symbol, Type type)
    {
        var choices = string.Join('|', symbol.GetCompletions(CompletionContext.Empty).Select(static c => c.Label));
        return choices.Length == 0 ? null
            : type.IsEnum ? choices.ToLowerInvariant()
            : choices;
    }

    private static string WithDefault(Option option) =>
        WithDefault(option.Description, option.HasDefaultValue ? option.GetDefaultValue() : null);

    private static string WithDefault(Argument argument) =>
        WithDefault(argument.Description, argument.HasDefaultValue ? argument.GetDefaultValue() : null);

    private static string WithDefault(string? description, object? value) =>
        value switch
        {
            null or false or "" => description ?? "",
            Enum choice => $"{description} Default: `{choice.ToString().ToLowerInvariant()}`.",
            IEnumerable and not string => description ?? "",
            _ => $"{description} Default: `{value}`.",
        };

    private static bool IsShown(Option option) => !option.Hidden && option is not HelpOption and not VersionOption;

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent && parent.Parents.Any()
            ? $"{PathOf(parent)} {command.Name}"
            : $"{Program} {command.Name}";

    private static string Reference(string page) => $"{Roff.Bold(page)}(1)";

    /// <summary>The first part of a description, as whatis(1) shows it: without a capital letter and a full stop.</summary>
    private static string SummaryOf(string description)
    {
        var sentence = description.Split(". ", 2)[0].Split("; ", 2)[0].TrimEnd('.').Replace("`", "", StringComparison.Ordinal);
        return char.ToLowerInvariant(sentence[0]) + sentence[1..];
    }

    /// <summary>Meanings of codes and examples are written without them.</summary>
    private static string Sentence(string text) =>
        text.Length == 0 || text[^1] == '.' ? text : $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
}
