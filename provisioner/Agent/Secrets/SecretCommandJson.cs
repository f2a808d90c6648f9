using System.Text.Json.Serialization;

namespace Cloudlet.Agent.Secrets;

/// <summary>Writes a command without ambiguity, to recognize one that was run already.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class SecretCommandJson : JsonSerializerContext;
