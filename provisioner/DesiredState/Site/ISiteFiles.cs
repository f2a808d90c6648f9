namespace Cloudlet.DesiredState.Site;

/// <summary>Where site files and templates are read from.</summary>
public interface ISiteFiles
{
    /// <summary>The whole text of a file, or null when there is none at <paramref name="path"/>.</summary>
    /// <exception cref="IOException">It is there and cannot be read; the message says why in a few words.</exception>
    string? ReadText(string path);
}
