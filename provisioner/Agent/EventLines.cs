using System.Text;
using System.Text.Json;
using Cloudlet.Converge.Applying;

namespace Cloudlet.Agent;

/// <summary>An agent's answer, one event per line (docs/formats/events.md).</summary>
public static class EventLines
{
    /// <summary>Returns a function that parses a line and passes on its event.</summary>
    /// <param name="events">Receives the events.</param>
    /// <param name="where">Which host answers, for messages.</param>
    public static Action<string> To(ConvergeEventSink events, string where) =>
        line =>
        {
            ConvergeEvent happened;
            try
            {
                happened = ConvergeEventJson.Parse(line);
            }
            catch (JsonException e)
            {
                // Output of a shell startup file, or of a hostile host: never shown verbatim, never treated as an event.
                happened = new Noticed($"{where} sent a line that is not an event ({e.Message}); does a shell start file print something?");
            }

            events(happened);
        };
}

/// <summary>
/// Writes the answer. A run continues when the connection is cut: the run itself may have cut it, and the guard needs a finished journal.
/// </summary>
/// <param name="output">Receives the lines.</param>
public sealed class EventWriter(Stream output)
{
    private readonly Lock _gate = new();
    private bool _cut;

    /// <summary>Called once, when no more can be written: the connection is cut.</summary>
    public Action? OnCut { get; init; }

    /// <summary>Writes an event and its line break in one call.</summary>
    public void Write(ConvergeEvent happened)
    {
        var line = Encoding.UTF8.GetBytes(ConvergeEventJson.ToLine(happened) + "\n");
        lock (_gate)
        {
            if (_cut)
                return;
            try
            {
                output.Write(line);
                output.Flush();
                return;
            }
            catch (IOException)
            {
                _cut = true;
            }
        }

        OnCut?.Invoke();
    }
}
