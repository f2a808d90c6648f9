using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Tests.Site;

public sealed class SiteSchemaSpecs
{
    [Fact]
    public void The_schema_in_docs_is_generated_from_the_types() =>
        ExpectedFiles.ShouldMatch(SiteSchema.Generate(), Path.Combine(ExpectedFiles.Root, "docs", "formats", SiteSchema.FileName));

    [Fact]
    public void The_reference_page_in_docs_is_the_one_the_types_make() =>
        ExpectedFiles.ShouldMatch(SiteReference.Generate(), Path.Combine(ExpectedFiles.Root, "docs", "formats", SiteReference.FileName));

    [Fact]
    public void Every_key_has_a_description() => KeysWithoutDescription(JsonNode.Parse(SiteSchema.Generate())!.AsObject()).ShouldBeEmpty();

    [Fact]
    public void Every_section_of_the_records_is_closed()
    {
        var schema = JsonNode.Parse(SiteSchema.Generate())!.AsObject();

        schema["additionalProperties"]!.GetValue<bool>().ShouldBeFalse();
        foreach (var (_, section) in schema["$defs"]!.AsObject())
            section!["additionalProperties"]!.GetValue<bool>().ShouldBeFalse();
    }

    private static IEnumerable<string> KeysWithoutDescription(JsonObject schema)
    {
        foreach (var section in schema["$defs"]!.AsObject().Select(definition => definition.Value!.AsObject()).Append(schema))
        {
            foreach (var (key, value) in section["properties"]!.AsObject())
            {
                if (value!["description"] is null)
                    yield return key;
            }
        }
    }
}
