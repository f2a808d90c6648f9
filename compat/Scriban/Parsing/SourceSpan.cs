using System.Runtime.InteropServices;

namespace Scriban.Parsing;

/// <summary>A stretch of template text, from its first to its last character (inclusive).</summary>
[StructLayout(LayoutKind.Auto)]
public struct SourceSpan
{
    /// <summary>Creates a span.</summary>
    public SourceSpan(string fileName, TextPosition start, TextPosition end)
    {
        FileName = fileName;
        Start = start;
        End = end;
    }

    /// <summary>The path that was given to <see cref="Template.Parse"/>, or <c>&lt;input&gt;</c>.</summary>
    public string FileName { get; set; }

    /// <summary>Position of the first character.</summary>
    public TextPosition Start { get; set; }

    /// <summary>Position of the last character.</summary>
    public TextPosition End { get; set; }

    /// <summary>The span with both ends, for debugging.</summary>
    public override readonly string ToString() => $"{FileName}({Start})-({End})";

    /// <summary>The start of the span as <c>file(line,column)</c>, counted from one.</summary>
    public readonly string ToStringSimple() => $"{FileName}({Start.ToStringSimple()})";
}
