using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Common;

/// <summary>The program that is measured.</summary>
internal static class Published
{
    /// <summary>The published program of the repository that this benchmark was built in.</summary>
    public static string Program()
    {
        var program = Path.Combine(Root(), "artifacts", "publish", "cloudlet");
        return File.Exists(program)
            ? program
            : throw new CloudletException(ErrorKind.NotFound, $"there is no {program}: run build/publish first");
    }

    /// <summary>The repository.</summary>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Provision.slnx")))
                return folder.FullName;

        throw new CloudletException(
            ErrorKind.NotFound,
            "the benchmark is not inside the repository, so there is no artifacts/publish/cloudlet to measure"
        );
    }
}
