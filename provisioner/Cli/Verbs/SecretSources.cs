using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Verbs;

/// <summary>Asks hosts of a site for the values of secrets that other hosts need, also hosts that were not selected.</summary>
internal static class SecretSources
{
    private const int AtOnce = 32;

    /// <summary>Asks each host once, all of them in parallel.</summary>
    /// <param name="found">The selected hosts and their site.</param>
    /// <param name="secrets">The secrets.</param>
    /// <param name="report">Receives what a host says beside its answer.</param>
    /// <param name="ct">Cancels the attempt.</param>
    public static async Task<GivenSecrets> AskAsync(
        FoundTargets found,
        IEnumerable<HostSecret> secrets,
        IReport report,
        CancellationToken ct
    )
    {
        using var slots = new SemaphoreSlim(AtOnce);
        var asked = secrets.Distinct().GroupBy(static s => s.Host, static s => s.Name, StringComparer.Ordinal);
        var answers = await Task.WhenAll(asked.Select(AskOneAsync));
        return new GivenSecrets(answers.ToDictionary(static a => a.Host, static a => a.Answer, StringComparer.Ordinal));

        async Task<(string Host, HostAnswer Answer)> AskOneAsync(IGrouping<string, string> names)
        {
            await slots.WaitAsync(ct);
            try
            {
                return (names.Key, await Task.Run(() => AskHostAsync(found, names, report, ct), ct));
            }
            finally
            {
                slots.Release();
            }
        }
    }

    private static async Task<HostAnswer> AskHostAsync(
        FoundTargets found,
        IGrouping<string, string> names,
        IReport report,
        CancellationToken ct
    )
    {
        var host = found.Site.First(h => h.Name == names.Key);
        var selected = found.Hosts.FirstOrDefault(t => t.Name == names.Key);
        var target = selected ?? found.Open!(host);
        try
        {
            var request = new AgentRequest(HostVerb.GiveSecrets)
            {
                Claim = target.Request.Claim,
                Asked = new SecretsRequest([.. names.Select(name => AskedOf(name, host.Section.Secrets![name]))])
                {
                    Makes = found.Hosts[0].Request.Verb == HostVerb.Apply,
                    IsIncluded = selected is not null,
                },
            };
            var show = report.ForHost(target.Name, target.Reach);
            return await AskAsync(
                target.Session,
                request,
                note => show(new Noticed(selected is null ? $"{target.Name}: {note}" : note)),
                ct
            );
        }
        finally
        {
            if (selected is null)
                await target.Session.DisposeAsync();
        }
    }

    private static AskedSecret AskedOf(string name, SecretSection secret) =>
        new(name)
        {
            Path = secret.Path,
            Length = secret.Source?.Generate,
            Version = secret.Source?.Generate is null ? null : secret.Source.Version ?? 1,
        };

    private static async Task<HostAnswer> AskAsync(IAgent session, AgentRequest request, Action<string> note, CancellationToken ct)
    {
        var answer = new HostAnswer(null, "its response was cut off");
        try
        {
            await session.AskAsync(request, See, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            answer = new HostAnswer(null, e is CloudletException ? e.Message : Defect.Describe(e));
        }

        return answer;

        void See(ConvergeEvent happened)
        {
            switch (happened)
            {
                case SecretsGiven given:
                    answer = new HostAnswer(given, null);
                    break;
                case Refused refused:
                    answer = new HostAnswer(null, refused.Message);
                    break;
                case Noticed noticed:
                    note(noticed.Message);
                    break;
            }
        }
    }
}
