using System.Globalization;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Provider.Resources;
using Cloudlet.Provider.Settings;

namespace Cloudlet.Provider.Serving;

/// <summary>
/// The schema of the package, from which Pulumi generates classes for other languages. It is generated from the JSON Schema of site files,
/// which is generated from the records that the parser fills: one source for the keys of a host.
/// </summary>
internal static class PluginSchema
{
    private const string Package = "cloudlet";
    private const string Definitions = "#/$defs/";

    /// <summary>The schema as JSON.</summary>
    /// <param name="version">Version of the package.</param>
    public static string Generate(string version)
    {
        var sections = JsonNode.Parse(SiteSchema.Generate())!["$defs"]!.AsObject();
        var types = new JsonObject();
        foreach (var (name, section) in sections.Where(static s => s.Key != "host"))
            types[Token(Capital(name))] = ObjectType(name, section!.AsObject(), types);
        types[Token("HostHealth")] = HealthType();
        var schema = new JsonObject
        {
            ["name"] = Package,
            ["displayName"] = "Cloudlet",
            ["version"] = version,
            ["description"] = "Cloudlet hosts that are kept as described.",
            ["keywords"] = new JsonArray("category/infrastructure", "kind/native"),
            ["license"] = "Apache-2.0",
            ["config"] = new JsonObject { ["variables"] = Settings() },
            ["provider"] = new JsonObject { ["description"] = "How hosts are reached.", ["inputProperties"] = Settings() },
            ["resources"] = new JsonObject { [HostService.TypeToken] = Host(sections["host"]!.AsObject(), types) },
            ["types"] = types,
        };
        return schema.ToJsonString();
    }

    private static JsonObject Host(JsonObject section, JsonObject types)
    {
        var inputs = Properties("Host", section, types);
        inputs[HostInputs.NameKey] = Described(
            "Name of the host in its site, as messages show it; the name of the resource when left out.",
            Text()
        );
        inputs[HostInputs.TemplatesKey] = Described("The text of each template that files refer to, by its name.", MapOf(Text()));
        inputs[HostInputs.OnDeleteKey] = Described(
            "What happens to the host when the resource is deleted: restore or forget; the provider's configuration when left out.",
            Choice("OnDelete", [OnDeletes.Restore, OnDeletes.Forget], types)
        );
        inputs[HostInputs.TakeOverKey] = Described(
            "true: the next update takes over a host that another site or stack describes; when left out, the "
                + "provider's configuration decides.",
            new JsonObject { ["type"] = "boolean" }
        );
        var outputs = inputs.DeepClone().AsObject();
        outputs[HostOutputs.DigestKey] = Described("Digest of the described state; it changes exactly when that state changes.", Text());
        outputs[HostOutputs.AddressesKey] = Described(
            "The addresses that the host's links should have, with prefix length.",
            ListOf(Text())
        );
        outputs[HostOutputs.ObservedKey] = Described(
            "What was last observed on the host: resource id, its state as JSON; contents as digests.",
            MapOf(Text())
        );
        outputs[HostOutputs.HealthKey] = Described(
            "State of the host when it was last observed.",
            new JsonObject { ["$ref"] = Reference("HostHealth") }
        );
        outputs[HostOutputs.OwnerKey] = Described("The URN of the resource that describes the host, as recorded on the host.", Text());
        return new JsonObject
        {
            ["description"] = "A host that is created and kept as described.",
            ["inputProperties"] = inputs,
            ["properties"] = outputs,
            ["required"] = new JsonArray(
                HostOutputs.AddressesKey,
                HostOutputs.DigestKey,
                HostOutputs.HealthKey,
                HostInputs.NameKey,
                HostOutputs.ObservedKey
            ),
        };
    }

    private static JsonObject HealthType() =>
        new()
        {
            ["type"] = "object",
            ["description"] = "State of a host when it was last observed.",
            ["properties"] = new JsonObject
            {
                ["state"] = Described(
                    "as-described, drifted, unreachable, unknown (it answers, but cannot be observed) or undescribed (nothing was "
                        + "ever applied to it).",
                    Text()
                ),
                ["alarms"] = Described("Alarms of the health daemon, one line each.", ListOf(Text())),
            },
            ["required"] = new JsonArray("alarms", "state"),
        };

    private static JsonObject ObjectType(string name, JsonObject section, JsonObject types) =>
        new()
        {
            ["type"] = "object",
            ["description"] = section["description"]?.GetValue<string>() ?? "",
            ["properties"] = Properties(Capital(name), section, types),
        };

    private static JsonObject Properties(string owner, JsonObject section, JsonObject types)
    {
        var properties = new JsonObject();
        foreach (var (name, property) in section["properties"]!.AsObject().Where(p => !IsRefused(owner, p.Key)))
            properties[name] = Described(
                property!["description"]?.GetValue<string>() ?? "",
                TypeOf(property.AsObject(), owner + Capital(name), types)
            );
        if (owner == nameof(SecretSource))
            properties[InputSecrets.ValueKey] = SecretText();
        return properties;
    }

    private static JsonObject SecretText()
    {
        var value = Described("The value, a secret of the program: one line. It travels beside the description of the host.", Text());
        value["secret"] = true;
        return value;
    }

    /// <summary>What the provider refuses is not offered.</summary>
    private static bool IsRefused(string owner, string property) =>
        owner == nameof(SecretSource) && InputSecrets.Refused.Contains(property);

    private static JsonObject TypeOf(JsonObject property, string name, JsonObject types)
    {
        if (property["$ref"]?.GetValue<string>() is { } reference)
            return new JsonObject { ["$ref"] = Reference(Capital(reference[Definitions.Length..])) };
        if (property["anyOf"] is JsonArray ways)
            return new JsonObject { ["oneOf"] = new JsonArray([.. ways.Select(way => (JsonNode)TypeOf(way!.AsObject(), name, types))]) };
        if (property["enum"] is JsonArray words)
            return Choice(name, [.. words.OfType<JsonValue>().Select(static w => w.GetValue<string>())], types);
        return Kinds(property) switch
        {
            [] => new JsonObject { ["$ref"] = "pulumi.json#/Any" },
            ["object"] => MapOf(TypeOf(property["additionalProperties"]!.AsObject(), name, types)),
            ["array"] => ListOf(TypeOf(property["items"]!.AsObject(), name, types)),
            ["integer"] => new JsonObject { ["type"] = "integer" },
            ["boolean"] => new JsonObject { ["type"] = "boolean" },
            var kinds when kinds.Contains("array") => new JsonObject { ["oneOf"] = new JsonArray(Text(), ListOf(Text())) },
            _ => Text(), // YAML also accepts unquoted numbers and booleans as text; other languages don't have that
        };
    }

    private static List<string> Kinds(JsonObject property) =>
        property["type"] switch
        {
            JsonArray several => [.. several.Select(static t => t!.GetValue<string>()).Where(static t => t != "null")],
            JsonValue one => [one.GetValue<string>()],
            _ => [],
        };

    private static JsonObject Choice(string name, IEnumerable<string> words, JsonObject types)
    {
        types[Token(name)] = new JsonObject
        {
            ["type"] = "string",
            ["enum"] = new JsonArray([.. words.Select(static w => (JsonNode)new JsonObject { ["name"] = Capital(w), ["value"] = w })]),
        };
        return new JsonObject { ["$ref"] = Reference(name) };
    }

    private static JsonObject Settings()
    {
        var settings = new JsonObject();
        foreach (var (key, description) in ProviderSettings.Keys)
            settings[key] = Described(
                description,
                key switch
                {
                    ProviderSettings.ConnectTimeoutKey => new JsonObject { ["type"] = "number" },
                    ProviderSettings.TakeOverKey => new JsonObject { ["type"] = "boolean" },
                    _ => Text(),
                }
            );
        return settings;
    }

    private static JsonObject Described(string description, JsonObject type)
    {
        type["description"] = description;
        return type;
    }

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject ListOf(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    private static JsonObject MapOf(JsonObject values) => new() { ["type"] = "object", ["additionalProperties"] = values };

    private static string Token(string name) => $"{Package}:index:{name}";

    private static string Reference(string name) => $"#/types/{Token(name)}";

    private static string Capital(string word) =>
        string.Concat(
            word.Split('-').Select(static part => part.Length == 0 ? "" : char.ToUpper(part[0], CultureInfo.InvariantCulture) + part[1..])
        );
}
