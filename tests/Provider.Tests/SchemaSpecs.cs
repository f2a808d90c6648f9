using System.Reflection;
using System.Text.Json.Nodes;
using Cloudlet.Provider.Serving;
using Cloudlet.Sites;
using Pulumi;

namespace Cloudlet.Provider.Tests;

/// <summary>The schema for other languages matches the C# classes.</summary>
public sealed class SchemaSpecs
{
    private static readonly JsonObject Schema = JsonNode.Parse(PluginSchema.Generate("1.2.3"))!.AsObject();

    public static TheoryData<string> Types =>
        [
            .. typeof(HostArgs)
                .Assembly.GetTypes()
                .Where(static t => t.IsSubclassOf(typeof(ResourceArgs)) && t != typeof(HostArgs))
                .Select(static t => t.Name),
        ];

    [Fact]
    public void A_host_has_the_inputs_of_its_class() =>
        Keys(Schema["resources"]!["cloudlet:index:Host"]!["inputProperties"]!).ShouldBe(Inputs(typeof(HostArgs)));

    [Theory]
    [MemberData(nameof(Types))]
    public void A_part_of_a_host_has_the_properties_of_its_class(string name)
    {
        var type = typeof(HostArgs).Assembly.GetTypes().Single(t => t.Name == name);

        Keys(Schema["types"]![$"cloudlet:index:{name[..^"Args".Length]}"].ShouldNotBeNull()["properties"]!).ShouldBe(Inputs(type));
    }

    [Fact]
    public void A_host_has_the_outputs_of_its_class()
    {
        var outputs = typeof(Host)
            .GetProperties()
            .Select(static p => p.GetCustomAttribute<OutputAttribute>()?.Name)
            .OfType<string>()
            .Where(static n => n is not ("id" or "urn"));

        outputs.Except(Keys(Schema["resources"]!["cloudlet:index:Host"]!["properties"]!), StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void A_secret_is_a_path_or_a_source_that_its_host_has()
    {
        var secret = Schema["resources"]!["cloudlet:index:Host"]!["inputProperties"]!["secrets"]!["additionalProperties"]!;

        secret["oneOf"]!.AsArray()[0]!["type"]!.GetValue<string>().ShouldBe("string");
        secret["oneOf"]!.AsArray()[1]!["$ref"]!.GetValue<string>().ShouldBe("#/types/cloudlet:index:SecretSource");
        Keys(Schema["types"]!["cloudlet:index:SecretSource"]!["properties"]!)
            .ShouldBe(["generate", "group", "mode", "owner", "value", "version"]);
        Schema["types"]!["cloudlet:index:SecretSource"]!["properties"]!["value"]!["secret"]!.GetValue<bool>().ShouldBeTrue();
    }

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        var types = Schema["types"]!.AsObject();
        var references = new List<string>();
        Collect(Schema, references);

        references
            .Where(static r => r != "pulumi.json#/Any")
            .ShouldAllBe(r => types.ContainsKey(r.Replace("#/types/", "", StringComparison.Ordinal)));
        references.Count.ShouldBeGreaterThan(10);
    }

    [Fact]
    public void Values_of_an_enum_are_those_of_a_site_file() =>
        Schema["types"]!["cloudlet:index:LinkKind"]!["enum"]!
            .AsArray()
            .Select(static w => w!["value"]!.GetValue<string>())
            .ShouldBe(["existing", "dummy", "bridge", "veth", "vlan", "vxlan", "macvlan", "tap"]);

    private static void Collect(JsonNode? node, List<string> references)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (key, value) in map)
                {
                    if (key == "$ref")
                        references.Add(value!.GetValue<string>());
                    else
                        Collect(value, references);
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                    Collect(item, references);
                break;
        }
    }

    private static List<string> Keys(JsonNode properties) =>
        [.. properties.AsObject().Select(static p => p.Key).Order(StringComparer.Ordinal)];

    private static List<string> Inputs(Type type) =>
        [
            .. type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Select(NameOf)
                .OfType<string>()
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];

    // Only the SDK can read the attribute's name.
    private static string? NameOf(MemberInfo member) =>
        member
            .GetCustomAttributesData()
            .FirstOrDefault(static a => a.AttributeType == typeof(InputAttribute))
            ?.ConstructorArguments[0]
            .Value as string;
}
