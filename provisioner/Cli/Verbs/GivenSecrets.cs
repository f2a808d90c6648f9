using Cloudlet.Agent.Secrets;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.Cli.Verbs;

/// <summary>The answer of a host that was asked for values.</summary>
/// <param name="Given">The values; null: it gave no answer.</param>
/// <param name="Problem">Why there is no answer; null: there is one.</param>
internal sealed record HostAnswer(SecretsGiven? Given, string? Problem);

/// <summary>The values that hosts of a site gave for other hosts.</summary>
/// <param name="answers">By host.</param>
internal sealed class GivenSecrets(IReadOnlyDictionary<string, HostAnswer> answers)
{
    /// <summary>The values of a host: those that this machine has, and those that other hosts gave.</summary>
    public SecretValues AddTo(ResolvedSecrets need) =>
        new([
            .. need.Values.Names.Select(name => KeyValuePair.Create(name, need.Values.Find(name)!)),
            .. need.Elsewhere.Where(e => ValueOf(e.Value) is not null).Select(e => KeyValuePair.Create(e.Key, ValueOf(e.Value)!)),
        ]);

    /// <summary>Hosts that still have an earlier value of what they gave to a host.</summary>
    public IReadOnlyCollection<string> ChangingFor(ResolvedSecrets need) =>
        [
            .. need
                .Elsewhere.Select(static e => e.Value)
                .Where(s => answers[s.Host].Given?.Changing?.Contains(s.Name) == true)
                .Select(static s => s.Host)
                .Distinct(),
        ];

    /// <summary>A problem for each value that a host needs and was not given.</summary>
    public IEnumerable<Problem> ProblemsOf(SiteHost host, ResolvedSecrets need) =>
        need
            .Elsewhere.Where(e => ValueOf(e.Value) is null)
            .Select(e =>
                host.ProblemAt(
                    $"{e.Value.Host} gives no value of its secret \"{e.Value.Name}\": {ReasonOf(e.Value)}",
                    HostSecrets.Key,
                    e.Key,
                    "from"
                )
            );

    private string? ValueOf(HostSecret secret) => answers[secret.Host].Given?.Values.Find(secret.Name);

    private string ReasonOf(HostSecret secret) =>
        answers[secret.Host] is { Problem: { } problem }
            ? PlainText.Of(problem)
            : PlainText.Of(answers[secret.Host].Given?.Missing?.GetValueOrDefault(secret.Name) ?? "its answer has none");
}
