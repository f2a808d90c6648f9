using System.Reflection;
using System.Text.Json;
using Cloudlet.DesiredState.Site;
using Pulumi;

namespace Cloudlet.Sites.Tests;

/// <summary>The argument classes and the site file have the same keys: a missing one fails here.</summary>
public sealed class ArgsSpecs
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private static readonly JsonElement Schema = JsonDocument.Parse(SiteSchema.Generate()).RootElement;

    [Fact]
    public void Arguments_have_the_keys_of_a_site_file_with_their_types_at_every_depth()
    {
        var checkedTypes = new HashSet<Type>();
        Compare(
            typeof(HostArgs),
            Schema.GetProperty("$defs").GetProperty("host"),
            checkedTypes,
            extra: ["name", "onDelete", "takeOver", "templates"]
        );
        checkedTypes.Count.ShouldBe(37);
    }

    [Fact]
    public void Keys_that_a_site_file_requires_are_required_by_the_compiler()
    {
        var required = typeof(HostArgs)
            .Assembly.GetTypes()
            .Where(static t => t.IsSubclassOf(typeof(ResourceArgs)))
            .SelectMany(static t =>
                t.GetProperties(Own)
                    .Where(static p => p.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)))
                    .Select(p => $"{t.Name}.{p.Name}")
            );
        required
            .Order(StringComparer.Ordinal)
            .ShouldBe(["KeystoneArgs.Url", "LinkArgs.Kind", "NovaArgs.Role", "OpenStackArgs.Role", "RouteArgs.To"]);
    }

    // Only the SDK can read the attribute's name.
    private static string NameOf(MemberInfo member) =>
        (string)
            member.GetCustomAttributesData().Single(static a => a.AttributeType == typeof(InputAttribute)).ConstructorArguments[0].Value!;

    private static void Compare(Type args, JsonElement schema, HashSet<Type> done, string[] extra)
    {
        if (!done.Add(args))
            return;
        var members = args.GetMembers(Own).Where(static m => m.IsDefined(typeof(InputAttribute))).ToDictionary(NameOf);
        var keys = schema.GetProperty("properties").EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value);
        members.Keys.Order(StringComparer.Ordinal).ShouldBe(keys.Keys.Concat(extra).Order(StringComparer.Ordinal), args.Name);
        foreach (var (key, value) in keys)
            CompareValue($"{args.Name}.{key}", TypeOf(members[key]), value, done);
    }

    private static void CompareValue(string path, Type type, JsonElement schema, HashSet<Type> done)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            Compare(type, Schema.GetProperty("$defs").GetProperty(reference.GetString()!["#/$defs/".Length..]), done, extra: []);
        else if (schema.TryGetProperty("additionalProperties", out var values))
            CompareValue(path, Element(path, type, typeof(InputMap<>)), values, done);
        else if (schema.TryGetProperty("items", out var items) && type != typeof(object))
            CompareValue(path, Element(path, type, typeof(InputList<>)), items, done);
        else if (schema.TryGetProperty("enum", out var words))
            Words(type)
                .ShouldBe(
                    words
                        .EnumerateArray()
                        .Where(static w => w.ValueKind == JsonValueKind.String)
                        .Select(static w => w.GetString()!)
                        .Order(StringComparer.Ordinal),
                    path
                );
        else
            type.ShouldBe(Plain(schema), path);
    }

    private static Type Element(string path, Type type, Type collection)
    {
        (type.IsGenericType ? type.GetGenericTypeDefinition() : type).ShouldBe(collection, path);
        return type.GetGenericArguments()[0];
    }

    private static IEnumerable<string> Words(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Select(static p => p.GetValue(null)!.ToString()!)
            .Order(StringComparer.Ordinal);

    private static Type TypeOf(MemberInfo member)
    {
        var type = member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;
        return type.GetGenericTypeDefinition() == typeof(Input<>) ? type.GetGenericArguments()[0] : type;
    }

    // Text, number or boolean; several of them, or no type, mean any value.
    private static Type Plain(JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type))
            return typeof(object);
        var names = (type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(static t => t.GetString()!) : [type.GetString()!])
            .Where(static t => t != "null")
            .ToArray();
        // Where text is expected, an unquoted number or boolean is accepted as written.
        return names.Contains("array") ? typeof(object)
            : names.Contains("string") ? typeof(string)
            : names is ["integer"] ? typeof(int)
            : names is ["boolean"] ? typeof(bool)
            : throw new InvalidOperationException($"the schema has a new type: {type}");
    }
}
