using Cloudlet.TestKit;

namespace Cloudlet.DesiredState.Tests;

/// <summary>Files of the repository that tests compare with, and rewrite when <c>CLOUDLET_UPDATE=1</c>.</summary>
internal static class ExpectedFiles
{
    /// <summary>The folder of Provision.slnx.</summary>
    public static string Root => RepositoryFolder.Path;

    /// <summary>The folder of a room's test files, e.g. <c>Site/rejects</c>.</summary>
    public static string Folder(string name) => Path.Combine(Root, "tests", "DesiredState.Tests", name);

    /// <summary>Compares with a file, or writes it.</summary>
    public static void ShouldMatch(string actual, string path)
    {
        if (Environment.GetEnvironmentVariable("CLOUDLET_UPDATE") == "1")
            File.WriteAllText(path, actual);
        var expected = File.Exists(path) ? File.ReadAllText(path) : "";
        actual.ShouldBe(
            expected,
            $"{Path.GetRelativePath(Root, path)} differs; if the new text is right, run the tests once with CLOUDLET_UPDATE=1 and "
                + "review the diff"
        );
    }
}
