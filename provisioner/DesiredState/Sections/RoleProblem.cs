namespace Cloudlet.DesiredState.Sections;

/// <summary>A problem with a role.</summary>
/// <param name="Message">The problem and the fix.</param>
/// <param name="Keys">The path to it, from the host downwards.</param>
/// <param name="IsMissing">A key is missing there, so a misspelt key may be the cause.</param>
internal sealed record RoleProblem(string Message, string[] Keys, bool IsMissing = false);
