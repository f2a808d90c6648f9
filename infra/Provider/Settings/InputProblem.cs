namespace Cloudlet.Provider.Settings;

/// <summary>An error in an input.</summary>
/// <param name="Path">Its property path, as the engine writes paths.</param>
/// <param name="Reason">The message that <c>cloudlet plan</c> would show.</param>
internal sealed record InputProblem(string Path, string Reason);
