namespace Cloudlet.Service.Console.Parts;

/// <summary>A file that a user has chosen in his browser.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Bytes">Its size.</param>
public sealed record PickedFile(string Name, long Bytes);
