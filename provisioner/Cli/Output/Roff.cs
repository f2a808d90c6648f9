using System.Globalization;
using System.Text;

namespace Cloudlet.Cli.Output;

/// <summary>
/// Writes a manual page with the macros of man(7), so that man, groff and mandoc have nothing to warn about. Texts that it takes are plain;
/// what stands between backquotes in them becomes bold.
/// </summary>
internal sealed class Roff
{
    /// <summary>Longest line of the source; the formatters fill lines again.</summary>
    private const int Longest = 78;

    private static readonly string[] Abbreviations = ["e.g.", "i.e."];

    private readonly StringBuilder _page = new();
    private bool _begins;

    /// <summary>Begins a page of section 1.</summary>
    /// <param name="name">Name of the page.</param>
    /// <param name="summary">What it is about, as whatis(1) shows it.</param>
    /// <param name="date">Its date.</param>
    /// <param name="source">Program and version.</param>
    public static Roff Page(string name, string summary, DateOnly date, string source)
    {
        var page = new Roff();
        var day = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        page._page.Append($".TH \"{name.ToUpperInvariant()}\" 1 \"{day}\" \"{source}\" \"Provision\"\n");
        // Names of commands are not hyphenated, so that they can be found and copied; lines are not stretched instead.
        // whatis joins the lines of a name; before a word that begins with an escape it adds no space.
        return page.Macro(".nh")
            .Macro(".ad l")
            .Section("NAME")
            .Fill($@"{Escape(name)} \- {Escape(summary)}", static word => word[0] != '\\');
    }

    /// <summary>Begins a section.</summary>
    public Roff Section(string title) => Begin($".SH \"{Escape(title)}\"");

    /// <summary>Begins a part of a section.</summary>
    public Roff Subsection(string title) => Begin($".SS \"{Escape(title)}\"");

    /// <summary>Adds a paragraph of text.</summary>
    public Roff Paragraph(string text) => Words(Marked(text));

    /// <summary>Adds a paragraph of words that are marked already.</summary>
    public Roff Words(string marked)
    {
        // The first paragraph of a section needs no macro.
        if (!_begins)
            Macro(".PP");
        return Fill(marked);
    }

    /// <summary>Adds an item: marked words, and their meaning below.</summary>
    public Roff Item(string marked, string text) => Macro(".TP").Put(marked).Fill(Marked(text));

    /// <summary>Words in bold: what is typed as it is.</summary>
    public static string Bold(string text) => $@"\fB{Escape(text)}\fR";

    /// <summary>Words in italics: what is replaced with a value.</summary>
    public static string Italic(string text) => $@"\fI{Escape(text)}\fR";

    /// <summary>
    /// Text that shows as it is: no character is an instruction of the formatter, hyphens can be copied into a shell, and characters beyond
    /// ASCII need no encoding.
    /// </summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            escaped.Append(
                rune.Value switch
                {
                    '\\' => @"\e",
                    '-' => @"\-",
                    '\'' => @"\(aq",
                    '"' => @"\(dq",
                    '`' => @"\(ga",
                    '^' => @"\(ha",
                    '~' => @"\(ti",
                    < 0x80 => rune.ToString(),
                    _ => $@"\[u{rune.Value:X4}]",
                }
            );
        return escaped.ToString();
    }

    /// <summary>Text with what is between backquotes in bold; a backquote without a second one stays.</summary>
    public static string Marked(string text)
    {
        var parts = text.Split('`');
        if (parts.Length % 2 == 0)
            return Escape(text);
        return string.Concat(parts.Select(static (part, i) => i % 2 == 0 || part.Length == 0 ? Escape(part) : Bold(part)));
    }

    /// <inheritdoc/>
    public override string ToString() => _page.ToString();

    private Roff Begin(string line)
    {
        Macro(line);
        _begins = true;
        return this;
    }

    private Roff Macro(string line)
    {
        _page.Append(line).Append('\n');
        _begins = false;
        return this;
    }

    private Roff Put(string line)
    {
        // A control character at the start of a line makes it an instruction.
        if (line is ['.', ..])
            _page.Append(@"\&");
        return Macro(line);
    }

    /// <summary>Each sentence begins a line, and lines are short; an abbreviation does not end a sentence.</summary>
    private Roff Fill(string marked, Func<string, bool>? mayBegin = null)
    {
        var line = new StringBuilder();
        foreach (var word in marked.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Longest && mayBegin?.Invoke(word) != false)
                End();
            if (line.Length > 0)
                line.Append(' ');
            line.Append(word);
            if (Abbreviations.Any(a => word.EndsWith(a, StringComparison.Ordinal)))
                line.Append(@"\&");
            else if (word is [.., not '.', '.'] or [.., '.', ')'])
                End();
        }

        if (line.Length > 0)
            End();
        return this;

        void End()
        {
            Put(line.ToString());
            line.Clear();
        }
    }
}
