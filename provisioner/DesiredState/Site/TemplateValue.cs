using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Site;

/// <summary>Any YAML value, as a template sees it: text, number, boolean, null, list or mapping.</summary>
/// <param name="Node">The value; numbers and booleans are those of the YAML 1.2 core schema, unquoted only.</param>
[JsonConverter(typeof(TemplateValueConverter))]
public sealed record TemplateValue(JsonNode? Node);
