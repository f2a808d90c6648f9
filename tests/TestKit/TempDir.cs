namespace Cloudlet.TestKit;

/// <summary>A folder of one test, removed with its content at the end.</summary>
public sealed class TempDir : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cloudlet-test-");

    /// <summary>Absolute path of the folder.</summary>
    public string Path => _folder.FullName;

    /// <summary>Path of something in the folder.</summary>
    public string this[string name] => System.IO.Path.Join(Path, name);

    /// <summary>Writes a text file, creating missing folders; returns its path.</summary>
    public string Write(string name, string content)
    {
        var path = this[name];
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);
}
