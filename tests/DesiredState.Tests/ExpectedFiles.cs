namespace Cloudlet.DesiredState.Tests;

/// <summary>Files of the repository that tests compare with, and write anew when <c>CLOUDLET_UPDATE=1</c>.</summary>
internal static class ExpectedFiles
{
    /// <summary>The folder of Provision.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of a room's test files, e.g. <c>Site/rejects</c>.</summary>
    public static string Folder(string name) => Path.Combine(Root, "tests", "DesiredState.Tests", name);

    /// <summary>Compares with a file, or writes it.</summary>
    public static void ShouldMatch(string actual, string path)
    {
        if (Environment.GetEnvironmentVariable("CLOUDLET_UPDATE") == "1")
            File.WriteAllText(path, actual);
        var expected = File.Exists(path) ? File.ReadAllText(path) : "";
        actual.ShouldBe(expected, $"{Path.GetRelativePath(Root, path)} differs; if the new text is right, run the tests once with CLOUDLET_UPDATE=1 and look at the diff");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Provision.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("the tests run from inside the repository, whose Provision.sln was not found");
    }
}
