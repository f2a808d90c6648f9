using System.Text.Json.Nodes;

namespace Cloudlet.TestKit.Cloud;

/// <summary>Servers of the fake Nova, and what Neutron does for them. What is in use cannot be deleted.</summary>
public sealed class FakeServers
{
    private const int Deleting = -1;
    private readonly Dictionary<string, int> _looks = new(StringComparer.Ordinal);

    /// <summary>Why a new server goes to ERROR; null: it becomes ACTIVE.</summary>
    public string? Fault { get; set; }

    /// <summary>Text of a server's console, by its address and its id; null: Nova has none yet.</summary>
    public Func<string, string, string?> Console { get; set; } =
        static (address, id) => $"Linux\r\ncloudlet-check: address {address}/24\r\ncloudlet-check: metadata {id}\r\n";

    internal FakeAnswer? Answer(FakeObjects objects, FakeRequest request, string[] parts)
    {
        var found = parts.Length < 4 ? null : objects["servers"].Find(s => (string?)s["id"] == parts[3]);
        switch (request.Method, parts)
        {
            case ("POST", [_, _, _]):
                return Boot(objects, JsonNode.Parse(request.Body)!["server"]!.AsObject());
            case ("POST", [.., "action"]) when found is not null:
                return Console(AddressOf(objects, found), parts[3]) is { } text
                    ? FakeObjects.Ok(new JsonObject { ["output"] = text })
                    : new FakeAnswer(409, """{"conflictingRequest": {"code": 409, "message": "not ready"}}""");
            case ("GET", [_, _, _, "detail"]):
                objects["servers"].RemoveAll(s => _looks.GetValueOrDefault((string)s["id"]!) == Deleting);
                return null;
            case ("GET", [_, _, _, _]) when found is not null && Look(parts[3]) > 1:
                found["status"] = Fault is null ? "ACTIVE" : "ERROR";
                if (Fault is not null)
                    found["fault"] = new JsonObject { ["message"] = Fault };
                return null;
            case ("DELETE", _) when found is not null:
                _looks[parts[3]] = Deleting;
                return new FakeAnswer(204);
            default:
                return null;
        }
    }

    /// <summary>Answers of Neutron that depend on servers and ports.</summary>
    internal static FakeAnswer? Network(FakeObjects objects, FakeRequest request, string[] parts)
    {
        if (request.Method == "POST" && parts.Length == 3 && parts[2] is "ports" or "floatingips")
        {
            var key = FakeObjects.KeyOf(parts[2])!;
            var made = JsonNode.Parse(request.Body)![key]!.DeepClone().AsObject();
            made["project_id"] = FakeCloud.AdminProject;
            if (parts[2] == "ports")
                made["fixed_ips"] = AddressIn(objects, (string)made["network_id"]!);
            else
                made["floating_ip_address"] = "10.80.0.123";
            return FakeObjects.Ok(new JsonObject { [key] = objects.Add(parts[2], made).DeepClone() }, 201);
        }

        return request.Method == "DELETE" && IsUsed(objects, parts)
            ? new FakeAnswer(409, """{"NeutronError": {"message": "it is in use", "type": "InUse"}}""")
            : null;
    }

    private static bool IsUsed(FakeObjects objects, string[] parts) =>
        parts[2] switch
        {
            "ports" => objects["servers"].Exists(s => (string?)s["networks"]?[0]?["port"] == parts[3]),
            "security-groups" => objects["ports"].Exists(p => p["security_groups"]?.AsArray().Any(g => (string?)g == parts[3]) == true),
            "routers" => objects["ports"].Exists(p => (string?)p["device_id"] == parts[3]),
            _ => false,
        };

    private static JsonArray AddressIn(FakeObjects objects, string network)
    {
        var subnet = objects["subnets"].Find(s => (string?)s["network_id"] == network)!;
        var cidr = (string)subnet["cidr"]!;
        return new JsonArray(
            new JsonObject { ["subnet_id"] = (string?)subnet["id"], ["ip_address"] = $"{cidr[..(cidr.LastIndexOf('.') + 1)]}23" }
        );
    }

    private static string AddressOf(FakeObjects objects, JsonObject server) =>
        (string)objects["ports"].Find(p => (string?)p["id"] == (string?)server["networks"]![0]!["port"])!["fixed_ips"]![0]!["ip_address"]!;

    /// <summary>How often a server was looked at.</summary>
    private int Look(string id) => _looks[id] = _looks.GetValueOrDefault(id) + 1;

    private FakeAnswer Boot(FakeObjects objects, JsonObject asked)
    {
        var made = asked.DeepClone().AsObject();
        made["status"] = "BUILD";
        var server = objects.Add("servers", made);
        _looks[(string)server["id"]!] = 0;
        return FakeObjects.Ok(new JsonObject { ["server"] = new JsonObject { ["id"] = (string?)server["id"] } }, 202);
    }
}
