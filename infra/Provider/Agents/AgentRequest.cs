using System.Buffers;
using System.Text.Json;
using Cloudlet.DesiredState;

namespace Cloudlet.Provider.Agents;

/// <summary>One request to <c>cloudlet agent</c>, which answers with one event a line (docs/formats/events.md).</summary>
/// <param name="Verb">One of the words of this type.</param>
internal sealed record AgentRequest(string Verb)
{
    public const string Plan = "plan";
    public const string Apply = "apply";
    public const string Status = "status";
    public const string Restore = "restore";

    /// <summary>The state that plan and apply are about.</summary>
    public HostState? State { get; init; }

    /// <summary>The request as the agent reads it.</summary>
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("verb", Verb);
            if (State is not null)
            {
                writer.WritePropertyName("state");
                writer.WriteRawValue(State.ToBytes());
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
