using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;

namespace Cloudlet.Cli.Output;

/// <summary>Writes one JSON object per line to standard output, as in docs/formats/events.md.</summary>
internal sealed class JsonReport(TextWriter output) : IReport
{
    private readonly Lock _gate = new();

    public ConvergeEventSink ForHost(string host, string reach)
    {
        var prefix = $"{{\"host\":\"{JsonEncodedText.Encode(host)}\",";
        return happened =>
        {
            // Values of secrets are for another host, never for an output.
            if (happened is not SecretsGiven)
                Write(string.Concat(prefix, ConvergeEventJson.ToLine(happened).AsSpan(1)));
        };
    }

    public void Problems(IReadOnlyList<Problem> problems)
    {
        foreach (var p in problems)
            Write(
                JsonSerializer.Serialize(
                    new ProblemLine("problem", p.Place.File, p.Place.Line, p.Place.Column, p.Path, p.Message),
                    ReportJson.Default.ProblemLine
                )
            );
    }

    public void Summary(IReadOnlyList<HostOutcome> outcomes)
    {
        var line = new SummaryLine(
            "summary",
            outcomes.Count,
            outcomes.Count(o => o.ExitCode == ExitCodes.Ok),
            [.. outcomes.Where(o => o.ExitCode != ExitCodes.Ok).Select(o => o.Host)]
        );
        Write(JsonSerializer.Serialize(line, ReportJson.Default.SummaryLine));
    }

    private void Write(string line)
    {
        lock (_gate)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}

/// <summary>A problem as one line of JSON.</summary>
internal sealed record ProblemLine(string Event, string File, int Line, int Column, string Path, string Message);

/// <summary>The summary as one line of JSON.</summary>
internal sealed record SummaryLine(string Event, int Hosts, int Ok, IReadOnlyList<string> NotOk);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProblemLine))]
[JsonSerializable(typeof(SummaryLine))]
internal sealed partial class ReportJson : JsonSerializerContext;
