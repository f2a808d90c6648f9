using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudKeypairs;

/// <summary>A public key of the account in a cloud.</summary>
public sealed class CloudKeypairsDescriptor : CloudDescriptor<CloudKeypairSpec, CloudKeypairSection>
{
    /// <inheritdoc/>
    public override string Word => CloudKeypairSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudKeypairs.Key;

    /// <inheritdoc/>
    public override string Help => "Public keys of the account in the cloud, by name, for logging in to servers.";

    internal override IJsonTypeInfoResolver Json => CloudKeypairsJson.Default;

    internal override string Service => CloudServiceTypes.Compute;

    internal override void Check(string name, CloudKeypairSection section, HostCheck host)
    {
        const int longest = 16_384;
        if (section.PublicKey is not { } key)
            host.Report.Missing("a keypair needs `publicKey`", Section, name);
        else if (key.Length > longest || key.Any(char.IsControl) || key.Split(' ') is not [['s' or 'e', ..], { Length: > 20 }, ..])
            host.Report.Value(
                "expected one line as in ~/.ssh/id_ed25519.pub: the type, the key, and a comment",
                Section,
                name,
                "publicKey"
            );
    }

    internal override CloudKeypairSpec Make(string name, CloudKeypairSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudKeypairSpec.IdOf(name),
            Name = name,
            Api = api,
            PublicKey = section.PublicKey,
        };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudKeypairSection>))]
[JsonSerializable(typeof(CloudKeypairSpec))]
internal sealed partial class CloudKeypairsJson : JsonSerializerContext;
