using System.CommandLine;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.DesiredState;

namespace Cloudlet.Cli.Verbs;

/// <summary>The frame of every verb that asks hosts something: find the hosts, ask them all, tell the outcome.</summary>
internal sealed class HostVerbFrame
{
    private readonly Argument<string[]> site = Options.Site();
    private readonly Option<string[]> host = Options.Host();
    private readonly Option<bool> json = Options.Json();
    private readonly Option<FileInfo?> state = Options.State();
    private readonly Option<string[]> sshOption = Options.Ssh();
    private readonly Option<string?> sshConfig = Options.SshConfig();

    /// <summary>What is done instead of asking hosts, when the command line says so; it gives the exit status, or null.</summary>
    public Func<ParseResult, bool, int?>? Instead { get; init; }

    /// <summary>Gives a verb the common options and its action.</summary>
    /// <param name="verb">The command.</param>
    /// <param name="needsState">False for verbs that are about what the host remembers: without a site file they ask this machine.</param>
    /// <param name="request">Makes the request for a host; its state is null when none is needed.</param>
    /// <param name="around">Sees the report first, for verbs that do more with the answer than tell it; null: nobody.</param>
    public void Build(Command verb, bool needsState, Func<ParseResult, HostState?, HostRequest> request, Func<ParseResult, IReport, IReport>? around = null)
    {
        verb.Arguments.Add(site);
        verb.Options.Add(host);
        if (needsState)
            verb.Options.Add(state);
        verb.Options.Add(sshOption);
        verb.Options.Add(sshConfig);
        verb.Options.Add(json);
        verb.SetAction((parsed, ct) => RunAsync(parsed, needsState, s => request(parsed, s), around, ct));
    }

    private async Task<int> RunAsync(ParseResult parsed, bool needsState, Func<HostState?, HostRequest> request, Func<ParseResult, IReport, IReport>? around, CancellationToken ct)
    {
        if (Instead?.Invoke(parsed, parsed.GetValue(json)) is { } status)
            return status;
        var output = parsed.InvocationConfiguration.Output;
        var ssh = new SshOptions(parsed.GetValue(sshOption) ?? [], parsed.GetValue(sshConfig));
        var selection = new TargetSelection(parsed.GetValue(site) ?? [], parsed.GetValue(host) ?? [], needsState ? parsed.GetValue(state) : null, ssh);
        var found = Targets.Find(selection, needsState, request);
        IReport report = parsed.GetValue(json)
            ? new JsonReport(output)
            : new HumanReport(output, parsed.InvocationConfiguration.Error, Ansi.Wanted(Console.IsOutputRedirected), found.Hosts.Count > 1);
        report = around?.Invoke(parsed, report) ?? report;
        if (found.Problems.Count > 0)
        {
            report.Problems(found.Problems);
            return ExitCodes.Invalid;
        }

        var outcomes = await Fanout.RunAsync(found.Hosts, report, ct);
        report.Summary(outcomes);
        return HostOutcome.Worst(outcomes);
    }
}
