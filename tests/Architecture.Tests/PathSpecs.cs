using System.Text.RegularExpressions;

namespace Cloudlet.Architecture.Tests;

/// <summary>
/// The files, folders and types that documents name in code marks exist. A path may begin at any folder, such as <c>Heal/Policy</c>; its
/// last part may be a type or a member of one. Decisions and the changelog tell of the past, so they may name what is gone.
/// </summary>
public sealed partial class PathSpecs
{
    private static readonly string[] All = [.. Repository.Files("")];

    private static readonly HashSet<string> FolderNames = [.. All.SelectMany(Folders).Select(static f => Path.GetFileName(f))];

    /// <summary>Every file and folder, with a slash before it, so that a pattern begins at a whole name.</summary>
    private static readonly string[] Paths = [.. All.Concat(All.SelectMany(Folders)).Distinct().Select(static path => "/" + path)];

    [Fact]
    public void A_path_in_a_document_exists()
    {
        var missing =
            from document in Repository.Files(".md")
            where document.StartsWith("docs/", StringComparison.Ordinal) || !document.Contains('/')
            where !document.StartsWith("docs/decisions/", StringComparison.Ordinal) && document != "CHANGELOG.md"
            from path in NamedIn(File.ReadAllText(Repository.At(document)))
            where !Exists(path)
            select $"{document}: {path}";

        missing.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("provisioner/Converge", true)]
    [InlineData("Kinds/Links/LinksKind", true)]
    [InlineData("Kinds/Links/LinksKind.ApplyAsync", true)]
    [InlineData("DesiredState/Kinds/*/*Section.cs", true)]
    [InlineData("Resources/Kinds/<Kinds>/", true)]
    [InlineData("Resources/Links/LinksKind", false)]
    [InlineData("DesiredState/Site/*Section.cs", false)]
    public void A_path_is_found_at_any_folder(string path, bool exists) => Exists(path).ShouldBe(exists);

    /// <summary>Only what begins with the name of a folder: MIME types, networks and paths of hosts have the same form.</summary>
    private static IEnumerable<string> NamedIn(string text) =>
        Named()
            .Matches(text)
            .Select(static match => match.Groups["path"].Value)
            .Where(static path => FolderNames.Contains(path.Split('/')[0]))
            .Distinct();

    private static bool Exists(string path)
    {
        var pattern = Regex.Escape(path.TrimEnd('/')).Replace(@"\*", "[^/]*", StringComparison.Ordinal);
        pattern = Placeholder().Replace(pattern, "[^/]+");
        // LinksKind.ApplyAsync: the file has the name of the type.
        var type = Regex.Replace(pattern, @"\\\.[A-Z]\w*$", "", RegexOptions.NonBacktracking);
        var end = new Regex($@"/(?:{pattern}|{pattern}\.cs|{type}\.cs)$", RegexOptions.NonBacktracking);
        return Paths.Any(end.IsMatch);
    }

    private static IEnumerable<string> Folders(string file)
    {
        for (var folder = Path.GetDirectoryName(file); !string.IsNullOrEmpty(folder); folder = Path.GetDirectoryName(folder))
            yield return folder;
    }

    [GeneratedRegex(@"`(?<path>[A-Za-z][\w.-]*(?:/[\w.*<>-]+)+/?)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Named();

    [GeneratedRegex(@"<\w+>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();
}
