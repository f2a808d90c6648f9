using Cloudlet.Linux;

namespace Cloudlet.Synthesis.Bases;

/// <summary>
/// The file that names the projects of a base, one a line; without it the base is public. Two projects may import the same content: it is
/// kept once, and each of them sees it only after it has sent all of it.
/// </summary>
internal static class BaseProjects
{
    private const string File = "projects";

    private static readonly Lock Gate = new();

    /// <summary>The projects; null for a public base.</summary>
    public static IReadOnlyList<string>? Read(string folder)
    {
        var path = Path.Combine(folder, File);
        return System.IO.File.Exists(path) ? System.IO.File.ReadAllLines(path) : null;
    }

    /// <summary>Writes the file of a base that is being made. Null: public.</summary>
    public static void Begin(string folder, string? project)
    {
        if (project is not null)
            System.IO.File.WriteAllText(Path.Combine(folder, File), $"{project}\n");
    }

    /// <summary>Lets another project use a base; null makes it public.</summary>
    public static void Add(string folder, string? project)
    {
        lock (Gate)
        {
            if (Read(folder) is not { } projects)
                return;
            if (project is null)
                System.IO.File.Delete(Path.Combine(folder, File));
            else if (!projects.Contains(project))
                Write(folder, [.. projects, project]);
        }
    }

    /// <summary>Takes a base from a project. False when no other project has it: the base can be removed.</summary>
    public static bool Leave(string folder, string project)
    {
        lock (Gate)
        {
            List<string> left = [.. (Read(folder) ?? []).Where(p => p != project)];
            if (left.Count > 0)
                Write(folder, left);
            return left.Count > 0;
        }
    }

    private static void Write(string folder, IReadOnlyList<string> projects) =>
        FileReplacement.Write(
            Path.Combine(folder, File),
            System.Text.Encoding.UTF8.GetBytes(string.Concat(projects.Select(p => $"{p}\n")))
        );
}
