namespace Cloudlet.DesiredState;

/// <summary>A place in a source file. Lines and columns count from 1.</summary>
/// <param name="File">Path as the user gave it.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column in characters, from 1.</param>
public readonly record struct SourcePlace(string File, int Line, int Column)
{
    /// <summary><c>file:line:column</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";
}

/// <summary>
/// An error in the user's description. Problems are values: all of them are found before any is reported, and nothing is touched
/// while there is one.
/// </summary>
/// <param name="Place">Its place in the file.</param>
/// <param name="Path">Property path, e.g. <c>hosts.edge-1.links.cloudlet0.mtu</c>.</param>
/// <param name="Message">The problem and the fix.</param>
public sealed record Problem(SourcePlace Place, string Path, string Message)
{
    /// <summary><c>file:line:column: path: message</c>.</summary>
    public override string ToString() => Path.Length == 0 ? $"{Place}: {Message}" : $"{Place}: {Path}: {Message}";
}
