using System.Text.RegularExpressions;

namespace Cloudlet.DesiredState.Kinds.Units;

/// <summary>
/// Names of configuration options in a description: <c>section.key</c>, or <c>section.*</c> for every option of a section.
/// </summary>
internal static partial class OptionNames
{
    /// <summary>ECMA-262 regular expression of the names.</summary>
    public const string Pattern = @"^[^\s\[\]=*]+\.([A-Za-z0-9_.-]+|\*)$";

    /// <summary>The problem with a name, or null.</summary>
    public static string? Error(string name)
    {
        if (Name().IsMatch(name))
            return null;
        var hint = name.Contains('.') || name == "*" || !Name().IsMatch($"DEFAULT.{name}") ? "" : $"; did you mean \"DEFAULT.{name}\"?";
        return $"\"{name}\" is not a valid option; write section.key, or section.* for all options of a section{hint}";
    }

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
