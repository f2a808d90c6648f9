using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudKeypairs;

/// <summary>A public key of the account in a cloud.</summary>
public sealed record CloudKeypairSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-keypair";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>The key, as OpenSSH writes it.</summary>
    public string? PublicKey { get; init; }
}
