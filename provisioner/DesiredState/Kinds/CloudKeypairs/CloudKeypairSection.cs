using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudKeypairs;

/// <summary>One public key.</summary>
[Description("One public key.")]
public sealed record CloudKeypairSection
{
    /// <summary>PublicKey.</summary>
    [Description("The key, as in ~/.ssh/id_ed25519.pub.")]
    [SchemaPattern("^(ssh|ecdsa|sk)-.+")]
    public string? PublicKey { get; init; }
}

/// <summary>The section <c>cloudKeypairs</c> of a host.</summary>
public static class HostCloudKeypairs
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudKeypairs";

    extension(HostSection host)
    {
        /// <summary>Name → key.</summary>
        public IReadOnlyDictionary<string, CloudKeypairSection>? CloudKeypairs
        {
            get => host.Section<CloudKeypairSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
