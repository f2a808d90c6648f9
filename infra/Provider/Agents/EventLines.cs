using System.Text.Json;
using Cloudlet.Converge.Applying;

namespace Cloudlet.Provider.Agents;

/// <summary>Reads the answer of an agent.</summary>
internal static class EventLines
{
    /// <summary>Passes on the event of a line.</summary>
    public static Action<string> To(ConvergeEventSink events, string where) => line =>
    {
        ConvergeEvent happened;
        try
        {
            happened = ConvergeEventJson.Parse(line);
        }
        catch (JsonException)
        {
            // A shell start file that prints, or a hostile host: never shown raw, never taken for an event.
            happened = new Noticed($"{where} sent a line that is no event; does a shell start file print something?");
        }

        events(happened);
    };
}
