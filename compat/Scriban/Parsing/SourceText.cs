using System.Runtime.InteropServices;

namespace Scriban.Parsing;

/// <summary>A template text that can tell the line and column of an offset.</summary>
internal sealed class SourceText(string text, string? fileName)
{
    private List<int>? _lineStarts;

    public string Text { get; } = text;

    public string FileName { get; } = fileName ?? "<input>";

    public TextPosition PositionAt(int offset)
    {
        _lineStarts ??= FindLineStarts();
        var line = _lineStarts.BinarySearch(offset);
        if (line < 0) line = ~line - 1;
        return new TextPosition(offset, line, offset - _lineStarts[line]);
    }

    private List<int> FindLineStarts()
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < Text.Length; i++)
            if (IsLineEnd(i)) starts.Add(i + 1);
        return starts;
    }

    // A carriage return ends a line on its own only where no line feed follows it.
    public bool IsLineEnd(int offset) =>
        Text[offset] == '\n' || (Text[offset] == '\r' && (offset + 1 == Text.Length || Text[offset + 1] != '\n'));
}

/// <summary>Where a token or a node stands: from <c>Start</c> up to, not including, <c>End</c>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SourceRange(SourceText Source, int Start, int End)
{
    public string Text => Source.Text[Start..End];

    public SourceSpan Span =>
        new(Source.FileName, Source.PositionAt(Start), Source.PositionAt(Math.Max(Start, End - 1)));

    public SourceRange To(SourceRange last) => this with { End = last.End };
}
