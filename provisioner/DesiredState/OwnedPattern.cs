namespace Cloudlet.DesiredState;

/// <summary>A folder and name pattern: every matching file is ours.</summary>
/// <param name="Folder">Absolute path of the folder, without subfolders.</param>
/// <param name="Prefix">How the file names start.</param>
/// <param name="Suffix">How they end; may be empty.</param>
public sealed record OwnedPattern(string Folder, string Prefix, string Suffix)
{
    /// <summary>True for a path that matches the pattern.</summary>
    public bool Matches(string path) =>
        Path.GetDirectoryName(path) == Folder
        && Path.GetFileName(path) is var name
        && name.Length >= Prefix.Length + Suffix.Length
        && name.StartsWith(Prefix, StringComparison.Ordinal)
        && name.EndsWith(Suffix, StringComparison.Ordinal);
}
