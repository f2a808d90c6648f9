using System.CommandLine;
using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.DesiredState;

namespace Cloudlet.Cli.Verbs;

/// <summary>The common frame of verbs that send requests to hosts: find the hosts, send the requests, report the results.</summary>
internal sealed class HostVerbFrame
{
    private readonly Argument<string[]> _site = Options.Site();
    private readonly Option<string[]> _host = Options.Host();
    private readonly Option<bool> _json = Options.Json();
    private readonly Option<FileInfo?> _state = Options.State();
    private readonly Option<string[]> _sshOption = Options.Ssh();
    private readonly Option<string?> _sshConfig = Options.SshConfig();

    /// <summary>
    /// Runs instead of the requests when the command line asks for it: returns the exit status, or null to send the requests.
    /// </summary>
    public Func<ParseResult, bool, int?>? Instead { get; init; }

    /// <summary>The option to take over hosts; null for verbs without it.</summary>
    public Option<bool>? TakeOver { get; init; }

    /// <summary>
    /// Completes the requests with what the site describes, given the hosts that the user named; null: they are complete.
    /// </summary>
    public Func<FoundTargets, IReadOnlyCollection<string>, IReport, FoundTargets>? Complete { get; init; }

    /// <summary>Gives a verb the common options and its action.</summary>
    /// <param name="verb">The command.</param>
    /// <param name="needsState">False for verbs that use the records of the host: without a site file they ask this machine.</param>
    /// <param name="request">Makes the request to a host; its state is null when none is needed.</param>
    /// <param name="around">Wraps the report, for verbs that process the answer; null for none.</param>
    public void Build(
        Command verb,
        bool needsState,
        Func<ParseResult, HostState?, AgentRequest> request,
        Func<ParseResult, IReport, IReport>? around = null
    )
    {
        verb.Arguments.Add(_site);
        verb.Options.Add(_host);
        if (needsState)
            verb.Options.Add(_state);
        if (TakeOver is not null)
            verb.Options.Add(TakeOver);
        verb.Options.Add(_sshOption);
        verb.Options.Add(_sshConfig);
        verb.Options.Add(_json);
        verb.SetAction((parsed, ct) => RunAsync(parsed, needsState, s => request(parsed, s), around, ct));
    }

    private async Task<int> RunAsync(
        ParseResult parsed,
        bool needsState,
        Func<HostState?, AgentRequest> request,
        Func<ParseResult, IReport, IReport>? around,
        CancellationToken ct
    )
    {
        if (Instead?.Invoke(parsed, parsed.GetValue(_json)) is { } status)
            return status;
        var output = parsed.InvocationConfiguration.Output;
        var ssh = new SshOptions(parsed.GetValue(_sshOption) ?? [], parsed.GetValue(_sshConfig));
        var selection = new TargetSelection(
            parsed.GetValue(_site) ?? [],
            parsed.GetValue(_host) ?? [],
            needsState ? parsed.GetValue(_state) : null,
            ssh
        )
        {
            TakeOver = TakeOver is not null && parsed.GetValue(TakeOver),
        };
        var found = Targets.Find(selection, needsState, request);
        IReport report = parsed.GetValue(_json)
            ? new JsonReport(output)
            : new HumanReport(output, parsed.InvocationConfiguration.Error, Ansi.Wanted(Console.IsOutputRedirected), found.Hosts.Count > 1);
        report = around?.Invoke(parsed, report) ?? report;
        if (found.Problems.Count == 0 && Complete is not null)
            found = Complete(found, parsed.GetValue(_host) ?? [], report);
        if (found.Problems.Count == 0)
            found = await TargetSecrets.AddAsync(found, report, ct);
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
