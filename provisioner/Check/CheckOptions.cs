namespace Cloudlet.Check;

/// <summary>How a cloud is checked.</summary>
/// <param name="Host">Short text that differs between hosts: a check deletes only what a check from the same host left.</param>
/// <param name="Folder">Folder of the host for the guest.</param>
/// <param name="Limit">How long the check may take, without the deletion at its end.</param>
public sealed record CheckOptions(string Host, string Folder, TimeSpan Limit)
{
    /// <summary>Name of an image of the cloud to boot; null: the check's own, whose console is read.</summary>
    public string? Image { get; init; }

    /// <summary>Name of a flavor of the cloud; null: one is made.</summary>
    public string? Flavor { get; init; }

    /// <summary>True: after a passed check its guest stays, until the next check deletes it.</summary>
    public bool Keep { get; init; }
}
