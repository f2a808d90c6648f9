using System.Text.Json.Nodes;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Tests;

/// <summary>Shorthands for inputs.</summary>
internal static class Trees
{
    /// <summary>The tree of a JSON text.</summary>
    public static MapValue Of(string json) => (MapValue)InputTree.FromJson(JsonNode.Parse(json));

    /// <summary>The inputs of a host named edge-1.</summary>
    public static HostInputs Inputs(string json) => HostInputs.Of(Of(json), "edge-1");
}
