namespace Cloudlet.TestKit;

/// <summary>The repository that the tests run in.</summary>
public static class RepositoryFolder
{
    /// <summary>Absolute path of its top folder, which has the solution.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(System.IO.Path.Join(folder, "Provision.slnx")))
            folder =
                System.IO.Path.GetDirectoryName(folder)
                ?? throw new DirectoryNotFoundException($"no Provision.slnx above {AppContext.BaseDirectory}");
        return folder;
    }
}
