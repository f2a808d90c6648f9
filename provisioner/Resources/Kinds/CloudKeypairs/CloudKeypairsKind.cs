using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.CloudKeypairs;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudKeypairs;

/// <summary>Public keys of the account. They have no id, and Nova cannot change one.</summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudKeypairsKind(CloudClients clients) : CloudKind<CloudKeypairSpec>(clients)
{
    internal override CloudCollection Collection => CloudCollection.Keypairs;

    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [
        new("publicKey", "public_key")
        {
            IsFixed = true,
            Read = static value => value is JsonValue text && text.TryGetValue<string>(out var key) ? JsonValue.Create(key.Trim()) : value,
        },
    ];

    internal override async Task<JsonElement?> FindAsync(CloudView cloud, CloudKeypairSpec spec) =>
        CloudView.One((await cloud.ListAsync(Collection)).Select(static k => k.Part("keypair")), Collection, spec.Name);

    internal override string KeyOf(JsonElement row) => row.Text("name") ?? "";
}
