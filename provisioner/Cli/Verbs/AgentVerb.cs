using System.CommandLine;
using System.Text.Json;
using Cloudlet.Cli.Hosts;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet agent</c>: what a remote host runs. One request on standard input, events on standard output.</summary>
internal static class AgentVerb
{
    public static Command Create()
    {
        var verb = new Command("agent", "Answer one request from standard input; what `cloudlet` starts on a remote host.") { Hidden = true };
        verb.SetAction(async (parsed, ct) =>
        {
            using var input = new MemoryStream();
            await using (var stdin = Console.OpenStandardInput())
                await stdin.CopyToAsync(input, ct);
            var output = new EventLines(Console.OpenStandardOutput());
            try
            {
                using var parts = parsed.GetValue(GuardOptions.InNamespace) is { } name ? LocalHosts.OpenNamespace(name) : LocalHosts.OpenThisMachine();
                await HostRunner.RunAsync(HostRequest.Parse(input.ToArray()), parts, output.Write, ct);
            }
            catch (JsonException e)
            {
                output.Write(new Refused(ErrorKind.InvalidInput, $"the request cannot be read: {e.Message}"));
            }

            return ExitCodes.Ok;
        });
        return verb;
    }

    /// <summary>
    /// Event lines to whoever asked. When the connection is cut the run goes on: it may be what cuts it, and the guard needs the journal to be finished.
    /// </summary>
    private sealed class EventLines(Stream output)
    {
        private readonly Lock gate = new();
        private bool cut;

        public void Write(ConvergeEvent happened)
        {
            var line = System.Text.Encoding.UTF8.GetBytes(ConvergeEventJson.ToLine(happened) + "\n");
            lock (gate)
            {
                if (cut)
                    return;
                try
                {
                    output.Write(line);
                    output.Flush();
                }
                catch (IOException)
                {
                    cut = true;
                }
            }
        }
    }
}
