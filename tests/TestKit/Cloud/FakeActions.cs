using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Cloudlet.TestKit.Cloud;

/// <summary>Requests that are not the usual ones of a collection.</summary>
internal static class FakeActions
{
    /// <summary>The answer to such a request; null: it is a usual one.</summary>
    public static FakeAnswer? Answer(FakeObjects objects, FakeRequest request, string[] parts) =>
        parts switch
        {
            ["identity", _, "projects", var project, "users", var user, "roles", var role] => Assign(
                objects,
                request.Method,
                project,
                user,
                role
            ),
            ["identity", _, "role_assignments"] => Assignments(objects, request),
            ["compute", _, "flavors", var flavor, "os-extra_specs", ..] => ExtraSpecs(objects, request, flavor, parts),
            ["image", _, "images", var image, "file"] => Upload(objects, request, image),
            ["compute", _, "servers", ..] => objects.Servers.Answer(objects, request, parts),
            ["network", _, "ports" or "floatingips" or "security-groups" or "routers", ..] when parts.Length < 5 => FakeServers.Network(
                objects,
                request,
                parts
            ),
            ["network", _, "routers", var router, var action] => Interface(objects, request, router, action),
            ["network", _, "security-group-rules", ..] => Rule(objects, request, parts),
            ["network", _, "quotas", var project] => Quotas(objects, request, "network-quotas", project, "quota"),
            ["compute", _, "os-quota-sets", var project] => Quotas(objects, request, "compute-quotas", project, "quota_set"),
            _ => null,
        };

    private static FakeAnswer Assign(FakeObjects objects, string method, string project, string user, string role)
    {
        var all = objects["role_assignments"];
        var found = all.Find(a =>
            (string?)a["user"]!["id"] == user && (string?)a["role"]!["id"] == role && (string?)a["scope"]!["project"]!["id"] == project
        );
        if (method == "DELETE")
            return found is not null && all.Remove(found) ? new FakeAnswer(204) : FakeObjects.NotFound("role assignment");
        if (found is null)
            all.Add(
                new JsonObject
                {
                    ["user"] = new JsonObject { ["id"] = user },
                    ["role"] = new JsonObject { ["id"] = role },
                    ["scope"] = new JsonObject { ["project"] = new JsonObject { ["id"] = project } },
                }
            );
        return new FakeAnswer(204);
    }

    private static FakeAnswer Assignments(FakeObjects objects, FakeRequest request)
    {
        var filters = System.Web.HttpUtility.ParseQueryString(request.Path[(request.Path.IndexOf('?') + 1)..]);
        var found = objects["role_assignments"]
            .Where(a => filters["role.id"] is not { } role || (string?)a["role"]!["id"] == role)
            .Where(a => filters["user.id"] is not { } user || (string?)a["user"]!["id"] == user);
        return FakeObjects.Ok(
            new JsonObject
            {
                ["role_assignments"] = new JsonArray([.. found.Select(static a => a.DeepClone())]),
                ["links"] = new JsonObject(),
            }
        );
    }

    private static FakeAnswer ExtraSpecs(FakeObjects objects, FakeRequest request, string flavor, string[] parts)
    {
        var specs = objects["flavors"].Find(f => (string?)f["id"] == flavor)!["extra_specs"]!.AsObject();
        if (request.Method == "DELETE")
            return specs.Remove(parts[5]) ? new FakeAnswer(200) : FakeObjects.NotFound("extra spec");
        foreach (var (name, value) in JsonNode.Parse(request.Body)!["extra_specs"]!.AsObject())
            specs[name] = value!.DeepClone();
        return FakeObjects.Ok(new JsonObject { ["extra_specs"] = specs.DeepClone() });
    }

    private static FakeAnswer Upload(FakeObjects objects, FakeRequest request, string id)
    {
        var image = objects["images"].Find(i => (string?)i["id"] == id)!;
        if ((string?)image["status"] != "queued")
            return new FakeAnswer(
                409,
                "<html><head><title>409 Conflict</title></head><body><h1>409 Conflict</h1>The data exists.</body></html>"
            );
        var content = Encoding.Latin1.GetBytes(request.Body);
        image["status"] = "active";
        image["size"] = content.Length;
        image["os_hash_algo"] = "sha512";
        image["os_hash_value"] = Convert.ToHexStringLower(SHA512.HashData(content));
        return new FakeAnswer(204);
    }

    private static FakeAnswer? Interface(FakeObjects objects, FakeRequest request, string router, string action)
    {
        if (action is not ("add_router_interface" or "remove_router_interface"))
            return null;
        var subnet = (string)JsonNode.Parse(request.Body)!["subnet_id"]!;
        var ports = objects["ports"];
        if (action.StartsWith("add", StringComparison.Ordinal))
            ports.Add(
                new JsonObject
                {
                    ["id"] = $"port-{ports.Count + 1}",
                    ["project_id"] = FakeCloud.AdminProject,
                    ["device_id"] = router,
                    ["device_owner"] = "network:router_interface",
                    ["network_id"] = (string?)objects["subnets"].Find(s => (string?)s["id"] == subnet)!["network_id"],
                    ["fixed_ips"] = new JsonArray(new JsonObject { ["subnet_id"] = subnet }),
                }
            );
        else
            ports.RemoveAll(p => (string?)p["device_id"] == router && (string?)p["fixed_ips"]![0]!["subnet_id"] == subnet);
        return new FakeAnswer(200, "{}");
    }

    /// <summary>Rules are parts of their group.</summary>
    private static FakeAnswer Rule(FakeObjects objects, FakeRequest request, string[] parts)
    {
        if (request.Method == "DELETE")
        {
            foreach (var list in objects["security-groups"].Select(static g => g["security_group_rules"]!.AsArray()))
                if (list.FirstOrDefault(r => (string?)r!["id"] == parts[3]) is { } found)
                    return list.Remove(found) ? new FakeAnswer(204) : new FakeAnswer(500);
            return FakeObjects.NotFound("rule");
        }

        var rule = JsonNode.Parse(request.Body)!["security_group_rule"]!.DeepClone();
        var rules = objects["security-groups"].Find(g => (string?)g["id"] == (string?)rule["security_group_id"])![
            "security_group_rules"
        ]!.AsArray();
        rule["id"] = $"rule-{Guid.NewGuid()}";
        rules.Add(rule);
        return FakeObjects.Ok(new JsonObject { ["security_group_rule"] = rule.DeepClone() }, 201);
    }

    private static FakeAnswer Quotas(FakeObjects objects, FakeRequest request, string collection, string project, string key)
    {
        var all = objects[collection];
        var found = all.Find(q => (string?)q["id"] == project);
        if (request.Method == "DELETE")
        {
            all.RemoveAll(q => (string?)q["id"] == project);
            return new FakeAnswer(204);
        }

        if (request.Method == "PUT")
        {
            if (found is null)
                all.Add(found = new JsonObject { ["id"] = project });
            foreach (var (name, value) in JsonNode.Parse(request.Body)![key]!.AsObject())
                found[name] = value!.DeepClone();
        }

        var answer = new JsonObject();
        foreach (var (name, value) in all.Find(static q => (string?)q["id"] == "defaults") ?? [])
            answer[name] = value?.DeepClone();
        foreach (var (name, value) in found ?? [])
            answer[name] = value?.DeepClone();
        return FakeObjects.Ok(new JsonObject { [key] = answer });
    }
}
