using System.Net;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.BrokerAccounts;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Amqp;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.BrokerAccounts;

/// <summary>
/// Accounts of the host's RabbitMQ. They are observed by a login, which takes milliseconds; only a refused one is asked about with
/// rabbitmqctl, which starts an Erlang machine and takes seconds. Open connections stay when a password is set.
/// </summary>
/// <param name="login">Logs in.</param>
/// <param name="processes">Runs rabbitmqctl.</param>
/// <param name="files">The host's files.</param>
public sealed class BrokerAccountsKind(IAmqpLogin login, IProcesses processes, IHostFiles files)
    : IResourceKind<BrokerAccountSpec>,
        ICanRemove<BrokerAccountSpec>,
        ICaptures<BrokerAccountSpec>,
        ITriggered<BrokerAccountSpec>,
        IHealTraits
{
    private const string Tool = "/usr/sbin/rabbitmqctl";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private bool IsInstalled => files.Stat(Tool) is not null;

    /// <inheritdoc/>
    public HealTraits Traits => HealTraits.OfServer;

    /// <inheritdoc/>
    public async ValueTask<BrokerAccountSpec?> ObserveAsync(BrokerAccountSpec desired, CancellationToken ct)
    {
        if (!IsInstalled)
            return null;
        if (files.Stat(desired.SecretFile) is null && !await ExistsAsync(desired.Name, ct))
            return null;
        var answer = await login.TryAsync(
            IPEndPoint.Parse(desired.Address),
            desired.Name,
            SecretFile.ReadLine(files, desired.SecretFile, desired.Id),
            desired.VirtualHost,
            ct
        );
        if (answer.Reach == AmqpReach.None && !await ExistsAsync(desired.Name, ct))
            return null;
        return desired with
        {
            Login = answer.Reach == AmqpReach.None ? answer.Refusal : BrokerAccountSpec.Current,
            Permissions =
                answer.Reach == AmqpReach.Everything ? BrokerAccountSpec.All
                : answer.Reach == AmqpReach.None ? null
                : answer.Refusal,
        };
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(BrokerAccountSpec desired, BrokerAccountSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (desired.Login is { } wanted && observed?.Login != wanted)
            await RunAsync(
                [observed is null ? "add_user" : "change_password", desired.Name],
                ct,
                input: $"{SecretFile.ReadLine(files, desired.SecretFile, desired.Id)}\n"
            );
        if (desired.Permissions is { } permissions && observed?.Permissions != permissions)
            await RunAsync(["set_permissions", "-p", desired.VirtualHost, desired.Name, .. permissions.Split(' ')], ct);
    }

    /// <inheritdoc/>
    public bool CanRemove(BrokerAccountSpec spec) => true;

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(BrokerAccountSpec spec, CancellationToken ct)
    {
        if (IsInstalled && await ExistsAsync(spec.Name, ct))
            await RunAsync(["delete_user", spec.Name], ct);
    }

    /// <summary>The broker does not show the hash of an earlier password, so an account that was there before keeps ours.</summary>
    public ValueTask<BrokerAccountSpec?> CaptureAsync(BrokerAccountSpec observed, CancellationToken ct) =>
        new(observed with { Login = null, Permissions = null });

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(BrokerAccountSpec spec) =>
        [new Trigger(TriggerKind.Path, spec.SecretFile), new Trigger(TriggerKind.Unit, "rabbitmq-server.service")];

    private async Task<bool> ExistsAsync(string name, CancellationToken ct) =>
        (await RunAsync(["list_users", "--no-table-headers"], ct)).Split('\n').Any(line => line.Split('\t')[0] == name);

    /// <summary>Runs rabbitmqctl. The password goes to standard input: arguments are visible to every user of the host.</summary>
    private async Task<string> RunAsync(IReadOnlyList<string> arguments, CancellationToken ct, string? input = null)
    {
        const int Unavailable = 69;
        var result = await processes.RunAsync(HelperPrograms.Rabbitmqctl, ["-q", .. arguments], Limit, ct, input);
        return result.ExitCode == 0
            ? result.Output
            : throw new CloudletException(
                result.ExitCode == Unavailable ? ErrorKind.Unreachable : ErrorKind.ProcessFailed,
                $"rabbitmqctl {string.Join(' ', arguments)} failed with exit status {result.ExitCode}: {FirstLines(result.Error)}"
            );
    }

    /// <summary>Advice and the state of the node follow.</summary>
    private static string FirstLines(string error) =>
        string.Join("; ", error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(2));
}
