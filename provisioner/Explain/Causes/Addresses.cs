using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>A port without an address, or a server without a port.</summary>
internal sealed class AddressMissing : ICause
{
    public CauseKind Kind => CauseKind.AddressMissing;

    public IReadOnlyList<CauseKind> Explains => [];

    public Finding? Find(Situation situation)
    {
        var bare = situation.Cloud.Ports?.FirstOrDefault(p =>
            JsonText.Get(p, "fixed_ips") is { ValueKind: System.Text.Json.JsonValueKind.Array } all && all.GetArrayLength() == 0
        );
        if (bare is not { ValueKind: System.Text.Json.JsonValueKind.Object } port)
            return null;
        return new Finding(Kind, JsonText.Text(port, "id") ?? "port", Certainty.Sure, "the port has no address: the guest gets none")
        {
            Evidence = [new Evidence(ExhibitIds.Ports, JsonText.Quote(port, "id", "network_id", "fixed_ips", "device_owner"))],
            Heals = "Nothing.",
            Remedy = "Its network had no subnet when the port was made: create one, then `openstack port set --fixed-ip subnet=…`.",
        };
    }
}

/// <summary>A subnet without addresses refuses every new port.</summary>
internal sealed class AddressesExhausted : ICause
{
    public CauseKind Kind => CauseKind.AddressesExhausted;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.AddressMissing];

    public Finding? Find(Situation situation)
    {
        foreach (var network in situation.Cloud.Availability ?? [])
        {
            if (
                JsonText.Number(network, "total_ips") is not (> 0 and var total)
                || JsonText.Number(network, "used_ips") is not { } used
                || used < total
            )
                continue;
            return new Finding(
                Kind,
                JsonText.Text(network, "network_name") ?? "network",
                Certainty.Likely,
                "every address of the network is in use: a server for it fails"
            )
            {
                Evidence = [new Evidence(ExhibitIds.Availability, JsonText.Quote(network, "network_name", "total_ips", "used_ips"))],
                Heals = "Nothing.",
                Remedy = "Delete ports and floating addresses that are not needed, or extend the allocation pools of its subnets.",
            };
        }

        return null;
    }
}

/// <summary>A guest that asks for an address on such a subnet waits without limit.</summary>
internal sealed class DhcpOff : ICause
{
    public CauseKind Kind => CauseKind.DhcpOff;

    public IReadOnlyList<CauseKind> Explains => [];

    public Finding? Find(Situation situation)
    {
        var used = (situation.Cloud.Ports ?? [])
            .SelectMany(p =>
                JsonText.Get(p, "fixed_ips") is { ValueKind: System.Text.Json.JsonValueKind.Array } all
                    ? [.. all.EnumerateArray()]
                    : (System.Text.Json.JsonElement[])[]
            )
            .Select(f => JsonText.Text(f, "subnet_id"))
            .ToHashSet();
        foreach (var subnet in situation.Cloud.Subnets ?? [])
            if (JsonText.Truth(subnet, "enable_dhcp") == false && used.Contains(JsonText.Text(subnet, "id")))
                return new Finding(
                    Kind,
                    JsonText.Text(subnet, "name") is { Length: > 0 } name ? name : "subnet",
                    Certainty.Sure,
                    "no server answers DHCP requests on the subnet of this port"
                )
                {
                    Evidence =
                    [
                        new Evidence(ExhibitIds.Subnets, JsonText.Quote(subnet, "id", "name", "cidr", "enable_dhcp")),
                        new Evidence(ExhibitIds.Ports, $"\"subnet_id\": \"{JsonText.Text(subnet, "id")}\""),
                    ],
                    Heals = "It restores subnets that are described.",
                    Remedy = "`openstack subnet set --dhcp ID`, or a configuration drive and an address that the guest sets itself.",
                };
        return null;
    }
}
