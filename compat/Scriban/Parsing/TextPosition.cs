using System.Runtime.InteropServices;

namespace Scriban.Parsing;

/// <summary>A place in a template text. Line and column are zero-based; a column counts UTF-16 code units.</summary>
[StructLayout(LayoutKind.Auto)]
public struct TextPosition : IEquatable<TextPosition>
{
    /// <summary>Creates a position.</summary>
    /// <param name="offset">Zero-based offset from the start of the text.</param>
    /// <param name="line">Zero-based line.</param>
    /// <param name="column">Zero-based column.</param>
    public TextPosition(int offset, int line, int column)
    {
        Offset = offset;
        Line = line;
        Column = column;
    }

    /// <summary>Zero-based offset from the start of the text.</summary>
    public int Offset { get; set; }

    /// <summary>Zero-based line.</summary>
    public int Line { get; set; }

    /// <summary>Zero-based column.</summary>
    public int Column { get; set; }

    /// <summary>The position as <c>(offset:line,column)</c>, all zero-based.</summary>
    public override readonly string ToString() => $"({Offset}:{Line},{Column})";

    /// <summary>The position as a reader counts: <c>line,column</c>, both from one.</summary>
    public readonly string ToStringSimple() => $"{Line + 1},{Column + 1}";

    /// <inheritdoc />
    public readonly bool Equals(TextPosition other) => Offset == other.Offset && Line == other.Line && Column == other.Column;

    /// <inheritdoc />
    public override readonly bool Equals(object? obj) => obj is TextPosition other && Equals(other);

    /// <inheritdoc />
    public override readonly int GetHashCode() => Offset;

    /// <summary>Whether both are the same place.</summary>
    public static bool operator ==(TextPosition left, TextPosition right) => left.Equals(right);

    /// <summary>Whether they are different places.</summary>
    public static bool operator !=(TextPosition left, TextPosition right) => !left.Equals(right);
}
