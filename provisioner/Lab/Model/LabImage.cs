namespace Cloudlet.Lab.Model;

/// <summary>Result of <c>lab prepare</c>.</summary>
/// <param name="Digest">12 hexadecimal digits of the recipe: hosts with equal recipes share one image.</param>
/// <param name="Root">Root folder of the image.</param>
/// <param name="Built">False when the store had it.</param>
public sealed record LabImage(string Digest, string Root, bool Built);
