using System.Text.Json.Nodes;
using System.Web;

namespace Cloudlet.TestKit.Cloud;

/// <summary>The collections of the fake services.</summary>
internal sealed class FakeObjects(string root, Dictionary<string, string> passwords)
{
    private readonly Dictionary<string, List<JsonObject>> _collections = new(StringComparer.Ordinal);
    private int _lastId;

    public int PageSize { get; set; } = int.MaxValue;

    public FakeServers Servers { get; } = new();

    public List<JsonObject> this[string collection] =>
        _collections.TryGetValue(collection, out var found) ? found : _collections[collection] = [];

    public JsonObject Add(string collection, JsonObject added)
    {
        added["id"] ??= $"{collection}-{++_lastId}";
        this[collection].Add(added);
        return added;
    }

    public FakeAnswer Answer(FakeRequest request)
    {
        var query = request.Path.IndexOf('?');
        var filters = query < 0 ? [] : HttpUtility.ParseQueryString(request.Path[(query + 1)..]);
        string[] parts =
        [
            .. (query < 0 ? request.Path : request.Path[..query])
                .Split('/', StringSplitOptions.RemoveEmptyEntries)
                .Select(Uri.UnescapeDataString),
        ];

        // [service, version, collection, id, …]
        if (parts.Length < 3)
            return new FakeAnswer(300, "{}");
        return FakeActions.Answer(this, request, parts) ?? Rest(request, parts, filters);
    }

    public static FakeAnswer Ok(JsonNode body, int status = 200) => new(status, body.ToJsonString());

    public static FakeAnswer NotFound(string what) =>
        new(
            404,
            new JsonObject
            {
                ["error"] = new JsonObject { ["code"] = 404, ["message"] = $"Could not find {what}." },
            }.ToJsonString()
        );

    /// <summary>Name of one object of a collection in a body; Glance's have none.</summary>
    public static string? KeyOf(string collection) =>
        collection switch
        {
            "images" => null,
            "policies" => "policy",
            "os-keypairs" => "keypair",
            _ => collection[..^1].Replace('-', '_'),
        };

    private FakeAnswer Rest(FakeRequest request, string[] parts, System.Collections.Specialized.NameValueCollection filters)
    {
        var collection = parts[2];
        var key = KeyOf(collection);
        if (parts.Length == 3 || parts[3] == "detail")
            return request.Method switch
            {
                "GET" => List(parts, collection, filters),
                "POST" => Create(collection, key, JsonNode.Parse(request.Body)!.AsObject(), parts[0]),
                _ => new FakeAnswer(405),
            };
        var found = this[collection]
            .Find(o => (string?)o["id"] == parts[3] || (collection == "os-keypairs" && (string?)o["name"] == parts[3]));
        if (found is null && collection == "regions" && request.Method == "PUT")
            return Ok(Wrapped(key, Add(collection, new JsonObject { ["id"] = parts[3] })), 201);
        if (found is null)
            return NotFound($"{collection} {parts[3]}");
        switch (request.Method)
        {
            case "GET":
                return Ok(Wrapped(key, found));
            case "DELETE":
                return Delete(collection, found);
            case "PATCH" when key is null:
                Patch(found, JsonNode.Parse(request.Body)!.AsArray());
                return Ok(found.DeepClone());
            default:
                foreach (var (name, value) in Inner(JsonNode.Parse(request.Body)!.AsObject(), key))
                    found[name] = value?.DeepClone();
                KeepPassword(found);
                return Ok(Wrapped(key, found));
        }
    }

    private FakeAnswer Delete(string collection, JsonObject found)
    {
        var id = (string)found["id"]!;
        if (
            collection is "networks" or "subnets"
            && this["ports"].Exists(p => p.ToJsonString().Contains($"\"{id}\"", StringComparison.Ordinal))
        )
            return new FakeAnswer(
                409,
                new JsonObject { ["NeutronError"] = new JsonObject { ["message"] = $"{id} is in use" } }.ToJsonString()
            );
        this[collection].Remove(found);
        if (collection == "networks")
            this["subnets"].RemoveAll(s => (string?)s["network_id"] == id);
        if (collection == "services")
            this["endpoints"].RemoveAll(e => (string?)e["service_id"] == id);
        this["role_assignments"].RemoveAll(a => a.ToJsonString().Contains($"\"{id}\"", StringComparison.Ordinal));
        return new FakeAnswer(204);
    }

    private FakeAnswer Create(string collection, string? key, JsonObject body, string service)
    {
        var made = Inner(body, key).DeepClone().AsObject();
        KeepPassword(made);
        foreach (var (name, value) in DefaultsOf(collection, service))
            made[name] ??= value?.DeepClone();
        if (
            service is "identity" or "compute"
            && made["name"] is not null
            && this[collection].Exists(o => (string?)o["name"] == (string?)made["name"])
        )
            return new FakeAnswer(
                409,
                new JsonObject
                {
                    ["error"] = new JsonObject { ["code"] = 409, ["message"] = $"Conflict occurred attempting to store {collection}" },
                }.ToJsonString()
            );
        return Ok(Wrapped(key, Add(collection, made)), 201);
    }

    private static JsonObject DefaultsOf(string collection, string service) =>
        (collection, service) switch
        {
            ("images", _) => new()
            {
                ["owner"] = FakeCloud.AdminProject,
                ["status"] = "queued",
                ["visibility"] = "shared",
            },
            ("networks", _) => new()
            {
                ["project_id"] = FakeCloud.AdminProject,
                ["mtu"] = 1500,
                ["shared"] = false,
                ["admin_state_up"] = true,
                ["description"] = "",
                ["router:external"] = false,
            },
            ("security-groups", _) => new()
            {
                ["project_id"] = FakeCloud.AdminProject,
                ["description"] = "",
                ["security_group_rules"] = new JsonArray(
                    new JsonObject
                    {
                        ["id"] = $"rule-{Guid.NewGuid()}",
                        ["direction"] = "egress",
                        ["ethertype"] = "IPv4",
                    },
                    new JsonObject
                    {
                        ["id"] = $"rule-{Guid.NewGuid()}",
                        ["direction"] = "egress",
                        ["ethertype"] = "IPv6",
                    }
                ),
            },
            (_, "network") => new() { ["project_id"] = FakeCloud.AdminProject, ["description"] = "" },
            ("projects" or "users" or "roles", _) => new()
            {
                ["domain_id"] = "default",
                ["enabled"] = true,
                ["description"] = "",
            },
            ("flavors", _) => new() { ["extra_specs"] = new JsonObject(), ["os-flavor-access:is_public"] = true },
            _ => [],
        };

    private FakeAnswer List(string[] parts, string collection, System.Collections.Specialized.NameValueCollection filters)
    {
        string[] ignored = ["limit", "marker", "all_tenants", "all_projects", "sort_key", "is_public", "include_names"];
        var all = this[collection]
            .Where(o => filters.AllKeys.Where(f => !ignored.Contains(f)).All(f => Matches(o, f!, filters[f]!)))
            .ToList();
        var from = filters["marker"] is { } marker ? all.FindIndex(o => (string?)o["id"] == marker) + 1 : 0;
        var page = all.Skip(from).Take(PageSize).ToList();
        var key = collection is "os-keypairs" ? "keypairs" : collection.Replace('-', '_');
        var body = new JsonObject
        {
            [key] = new JsonArray([
                .. page.Select(o => collection == "os-keypairs" ? new JsonObject { ["keypair"] = o.DeepClone() } : o.DeepClone()),
            ]),
        };
        var next = from + page.Count < all.Count ? $"/{string.Join('/', parts)}?{Query(filters, (string)page[^1]["id"]!)}" : null;
        if (parts[0] == "identity")
            body["links"] = new JsonObject { ["next"] = next is null ? null : root + next };
        else if (parts[0] == "image" && next is not null)
            body["next"] = next;
        else if (next is not null)
            body[$"{key}_links"] = new JsonArray(new JsonObject { ["rel"] = "next", ["href"] = root + next });
        return Ok(body);
    }

    private static bool Matches(JsonObject o, string filter, string value) =>
        filter == "fixed_ips"
            ? (o["fixed_ips"]?.ToJsonString() ?? "").Contains($"\"{value[(value.IndexOf('=') + 1)..]}\"", StringComparison.Ordinal)
            : string.Equals(o[filter]?.ToString(), value, StringComparison.OrdinalIgnoreCase);

    private static string Query(System.Collections.Specialized.NameValueCollection filters, string marker) =>
        string.Join(
            '&',
            filters
                .AllKeys.Where(static k => k != "marker")
                .Select(k => $"{k}={Uri.EscapeDataString(filters[k]!)}")
                .Append($"marker={marker}")
        );

    /// <summary>Keystone never shows a password.</summary>
    private void KeepPassword(JsonObject user)
    {
        if (user["password"] is { } password)
            passwords[(string)user["name"]!] = (string)password!;
        user.Remove("password");
    }

    private static JsonObject Inner(JsonObject body, string? key) => key is null ? body : body[key]!.AsObject();

    private static JsonNode Wrapped(string? key, JsonObject found) =>
        key is null ? found.DeepClone() : new JsonObject { [key] = found.DeepClone() };

    private static void Patch(JsonObject found, JsonArray operations)
    {
        foreach (var operation in operations)
        {
            var name = ((string)operation!["path"]!)[1..]
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if ((string?)operation["op"] == "remove")
                found.Remove(name);
            else
                found[name] = operation["value"]?.DeepClone();
        }
    }
}
