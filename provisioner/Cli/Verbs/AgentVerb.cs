using System.CommandLine;
using System.Text.Json;
using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet agent</c> runs on a remote host: one request on standard input, events on standard output.</summary>
internal static class AgentVerb
{
    public static Command Create()
    {
        var verb = new Command("agent", "Answer one request from standard input; what `cloudlet` starts on a remote host.")
        {
            Hidden = true,
        };
        verb.SetAction(
            async (parsed, ct) =>
            {
                using var input = new MemoryStream();
                await using (var stdin = Console.OpenStandardInput())
                    await stdin.CopyToAsync(input, ct);
                using var cut = new CancellationTokenSource();
                var output = new EventWriter(Console.OpenStandardOutput()) { OnCut = cut.Cancel };
                try
                {
                    var request = AgentRequest.Parse(input.ToArray());
                    using var parts = parsed.GetValue(GuardOptions.InNamespace) is { } name
                        ? HostFactory.OpenNamespace(name)
                        : HostFactory.OpenThisMachine(request);
                    await HostRunner.RunAsync(request, parts, output.Write, ct, cut.Token);
                }
                catch (JsonException e)
                {
                    output.Write(new Refused(ErrorKind.InvalidInput, $"the request cannot be read: {e.Message}"));
                }
                catch (CloudletException e)
                {
                    // The host could not be opened, such as a deleted namespace: it is reported like any other refusal.
                    output.Write(new Refused(e.Kind, e.Message));
                }

                return ExitCodes.Ok;
            }
        );
        return verb;
    }
}
