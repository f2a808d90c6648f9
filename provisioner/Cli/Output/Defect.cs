using System.Diagnostics;

namespace Cloudlet.Cli.Output;

/// <summary>Describes unexpected exceptions for users in one line, without a stack trace.</summary>
internal static class Defect
{
    /// <summary>The message, the type, and the innermost method of ours on the stack.</summary>
    public static string Describe(Exception e)
    {
        if (e is IOException or UnauthorizedAccessException)
            return e.Message; // an error of the system, with the path
        var place = new StackTrace(e, fNeedFileInfo: false)
            .GetFrames()
            .Select(DiagnosticMethodInfo.Create)
            .FirstOrDefault(m => m?.DeclaringTypeName?.StartsWith("Cloudlet.", StringComparison.Ordinal) == true);
        return $"{e.Message.ReplaceLineEndings(" ")} (a defect of cloudlet, please report it: {e.GetType().Name} in "
            + $"{(place is null ? "code outside of cloudlet" : $"{place.DeclaringTypeName}.{place.Name}")})";
    }
}
