namespace Cloudlet.DesiredState.Sections;

/// <summary>Source of site files and templates.</summary>
public interface ISiteFiles
{
    /// <summary>The whole text of a file, or null when <paramref name="path"/> does not exist.</summary>
    /// <exception cref="IOException">It exists but cannot be read; the message says why in a few words.</exception>
    string? ReadText(string path);
}
