using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Cloudlet.DesiredState.Site.Yaml;

/// <summary>
/// Reads one YAML 1.2 document into nodes with places. Errors become <see cref="Problem"/>s; reading continues after a duplicate key or a
/// tag, and ends at malformed text. Limits apply to hostile input as well: depth, size, and the size of unfolded aliases.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>Maximum length of the text, in characters.</summary>
    public const int MaxLength = 4 * 1024 * 1024;

    /// <summary>Maximum nesting of lists and mappings.</summary>
    public const int MaxDepth = 64;

    /// <summary>Maximum number of values and keys in one document, with aliases counted as if they were written out.</summary>
    public const int MaxSize = 200_000;

    private readonly string _file;
    private readonly List<Problem> _problems;
    private readonly Parser _parser;
    private readonly StringBuilder _path = new();
    private readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    private long _size;
    private bool _isRefused;

    private YamlReader(string file, string text, List<Problem> problems)
    {
        _file = file;
        _problems = problems;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>
    /// The root of the document; null when the text is too large or malformed (then a problem is reported) or has no content.
    /// </summary>
    /// <param name="file">Name of the file in places.</param>
    /// <param name="text">Its text.</param>
    /// <param name="problems">Receives the problems.</param>
    public static YamlNode? Read(string file, string text, List<Problem> problems)
    {
        if (text.Length > MaxLength)
        {
            problems.Add(
                new Problem(new SourcePlace(file, 1, 1), "", "the file is larger than 4 MiB; split it, or move large contents to templates")
            );
            return null;
        }

        if (YamlText.FirstUnprintable(file, text) is var (place, character))
        {
            problems.Add(
                new Problem(
                    place,
                    "",
                    $"the character U+{(int)character:X4} is not allowed in YAML; inside double quotes it is written \\u{(int)character:x4}"
                )
            );
            return null;
        }

        var reader = new YamlReader(file, text, problems);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException e)
        {
            problems.Add(reader.Malformed(e, text));
            return null;
        }
    }

    private Problem Malformed(YamlException e, string text)
    {
        if (_isRefused)
            return new Problem(At(e.Start), _path.ToString(), e.Message);
        if (YamlText.FirstTabIndentation(_file, text, e.Start.Line, Math.Max(e.Start.Line, e.End.Line) + 1) is { } tab)
            return new Problem(tab, _path.ToString(), "malformed YAML: a tab in the indentation; indent with spaces");
        return new Problem(At(e.Start), _path.ToString(), "malformed YAML: " + OneLine(e));
    }

    private YamlNode? ReadDocument()
    {
        Next();
        if (Next() is StreamEnd)
            return null;
        Next();
        var root = ReadNode(1);
        Next();
        if (Next() is DocumentStart { Start: var second })
            Report(
                At(second),
                "a second document starts here; a site file is one document: put the rest into a separate file; several files are merged"
            );
        return root;
    }

    private ParsingEvent Next()
    {
        var last = _parser.Current;
        try
        {
            _parser.MoveNext();
        }
        catch (InvalidOperationException e)
        {
            // YamlDotNet 16.3 fails like this in its plain-scalar scanner on text such as "x: {a", a line break and a quote.
            var after = last?.End ?? Mark.Empty;
            throw new YamlException(after, after, "a value or key after this place is incomplete", e);
        }

        return _parser.Current!;
    }

    /// <summary>Reads the node whose first event is <see cref="Parser.Current"/>, and stops at its last event.</summary>
    private YamlNode ReadNode(int depth)
    {
        var start = (ParsingEvent)_parser.Current!;
        var place = At(start.Start);
        if (depth > MaxDepth)
            throw Refused(start, $"nested deeper than {MaxDepth} levels");
        if (++_size > MaxSize)
            throw Refused(start, $"more than {MaxSize} keys and values");
        if (start is AnchorAlias alias)
            return Resolve(alias, depth);

        // On some malformed text YamlDotNet 16.3 ends a mapping after a key instead of failing.
        if (start is not NodeEvent nodeEvent)
            throw new YamlException(start.Start, start.End, "a value or key before this place is incomplete");
        var isText = HasTextTag(nodeEvent, place);
        YamlNode node = start switch
        {
            Scalar scalar => new YamlScalar(place, scalar.Value, scalar.Style == ScalarStyle.Plain && !isText),
            SequenceStart => ReadSequence(place, depth),
            _ => ReadMapping(place, depth),
        };
        if (!nodeEvent.Anchor.IsEmpty)
            _anchors[nodeEvent.Anchor.Value] = node;
        return node;
    }

    private YamlNode Resolve(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
            throw Refused(alias, $"the alias *{alias.Value.Value} has no anchor &{alias.Value.Value} that ends before it");
        _size += node.Size;
        if (_size > MaxSize)
            throw Refused(alias, $"aliases unfold to more than {MaxSize} keys and values");
        return depth + node.Height > MaxDepth ? throw Refused(alias, $"nested deeper than {MaxDepth} levels through an alias") : node;
    }

    private YamlSequence ReadSequence(SourcePlace place, int depth)
    {
        var items = new List<YamlNode>();
        var length = _path.Length;
        while (Next() is not SequenceEnd)
        {
            _path.AppendIndex(items.Count);
            items.Add(ReadNode(depth + 1));
            _path.Length = length;
        }

        return new YamlSequence(place, items);
    }

    private YamlMapping ReadMapping(SourcePlace place, int depth)
    {
        var entries = new List<YamlEntry>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        var length = _path.Length;
        var isDamaged = false;
        while (Next() is not MappingEnd)
        {
            var keyNode = ReadNode(depth + 1);
            var key = keyNode as YamlScalar;
            _path.AppendKey(key?.Text ?? "?");
            Next();
            var value = ReadNode(depth + 1);
            if (IsKey(keyNode, lines))
                entries.Add(new YamlEntry(key!.Text, key.Place, value));
            else
                isDamaged = true;
            _path.Length = length;
        }

        return new YamlMapping(place, entries, isDamaged: isDamaged);
    }

    private bool IsKey(YamlNode node, Dictionary<string, int> lines)
    {
        if (node is not YamlScalar key)
            Report(node.Place, $"a key is text, found {node.Noun}");
        else if (key.IsPlain && key.Text == "<<")
            Report(key.Place, "merge keys (<<) are not part of YAML 1.2; write it once under defaults, or in a separate file");
        else if (!lines.TryAdd(key.Text, key.Place.Line))
            Report(key.Place, $"duplicate key \"{key.Text}\"; the first one is at line {lines[key.Text]}");
        else
            return true;
        return false;
    }

    /// <summary>
    /// True for <c>!!str</c> and <c>!</c>, which make a plain scalar text. Other tags are refused: site files do not need them.
    /// </summary>
    private bool HasTextTag(NodeEvent node, SourcePlace place)
    {
        if (node.Tag.IsEmpty || node.Tag.IsNonSpecific)
            return node is Scalar { IsQuotedImplicit: true, IsPlainImplicit: false, Style: ScalarStyle.Plain };
        var tag = node.Tag.Value;
        if (tag == "tag:yaml.org,2002:str" && node is Scalar)
            return true;
        Report(place, $"the tag {tag} is not supported; write the value without a tag (quotes make it text)");
        return false;
    }

    private void Report(SourcePlace place, string message) => _problems.Add(new Problem(place, _path.ToString(), message));

    private SourcePlace At(Mark mark) => new(_file, (int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private YamlException Refused(ParsingEvent at, string message)
    {
        _isRefused = true;
        return new YamlException(at.Start, at.End, message);
    }

    private static string OneLine(YamlException e)
    {
        var message = e.Message.ReplaceLineEndings(" ");
        return e.InnerException is YamlException cause ? $"{message}: {cause.Message.ReplaceLineEndings(" ")}" : message;
    }
}
