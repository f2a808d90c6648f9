using System.Net;
using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.BrokerAccounts;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Amqp;
using Cloudlet.Resources.Kinds.BrokerAccounts;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.Databases;

public sealed class BrokerAccountsKindSpecs : IDisposable, IAmqpLogin
{
    private const string Described = "secrets: {broker: " + DatabaseHost.SecretPath + "}, brokerAccounts: {nova: {secret: broker}}";

    private readonly DatabaseHost _host = new();
    private readonly Dictionary<string, (string Password, bool MayUse)> _accounts = [];
    private readonly List<string> _commands = [];
    private readonly Converger _converger;
    private CloudletException? _silent;

    public BrokerAccountsKindSpecs()
    {
        var machine = _host.Machine;
        machine.Files["/usr/sbin/rabbitmqctl"] = "";
        machine.Processes.Readers["rabbitmqctl"] = Rabbitmqctl;
        var kinds = new KindRegistry().Add(new BrokerAccountsKind(this, machine.Processes, machine.Files));
        _converger = new Converger(kinds, new MemoryConvergeStore(), new RecordingGuard(), machine.Clock, static _ => { });
    }

    public void Dispose() => _host.Dispose();

    public Task<AmqpAnswer> TryAsync(IPEndPoint broker, string name, string password, string virtualHost, CancellationToken ct)
    {
        broker.ShouldBe(new IPEndPoint(IPAddress.Loopback, 5672));
        if (_silent is not null)
            throw _silent;
        return Task.FromResult(
            !_accounts.TryGetValue(name, out var account) || account.Password != password
                ? new AmqpAnswer(AmqpReach.None, "403 ACCESS_REFUSED")
            : account.MayUse ? new AmqpAnswer(AmqpReach.Everything, "")
            : new AmqpAnswer(AmqpReach.Login, "530 NOT_ALLOWED")
        );
    }

    [Fact]
    public async Task An_account_is_made_with_the_password_on_standard_input()
    {
        await ApplyAsync(Described);

        _accounts["nova"].ShouldBe((DatabaseHost.Secret, true));
        Changes().ShouldBe(["-q add_user nova", "-q set_permissions -p / nova .* .* .*"]);
        (await PlanAsync(Described)).IsEmpty.ShouldBeTrue();
        _host.Traces().ShouldAllBe(static t => !t.Contains(DatabaseHost.Secret));
    }

    [Fact]
    public async Task One_that_works_is_observed_without_a_program()
    {
        _accounts["nova"] = (DatabaseHost.Secret, true);

        (await PlanAsync(Described)).IsEmpty.ShouldBeTrue();

        _commands.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_what_was_changed_by_hand_is_set()
    {
        _accounts["nova"] = ("other", true);
        (await PlanAsync(Described))
            .Changes.ShouldHaveSingleItem()
            .Properties.Select(static p => p.Path)
            .ShouldBe(["login", "permissions"]);
        await ApplyAsync(Described);
        Changes().ShouldBe(["-q change_password nova", "-q set_permissions -p / nova .* .* .*"]);

        _commands.Clear();
        _accounts["nova"] = (DatabaseHost.Secret, false);
        await ApplyAsync(Described);
        _commands.ShouldBe(["-q set_permissions -p / nova .* .* .*"]);
    }

    [Fact]
    public async Task It_goes_when_it_leaves_the_description_unless_it_was_there_before()
    {
        _accounts["guest"] = ("guest", true);
        await ApplyAsync(Described);
        await ApplyAsync("boot: none");
        _accounts.Keys.ShouldBe(["guest"]);

        _accounts["nova"] = ("other", true);
        await ApplyAsync(Described);
        await ApplyAsync("boot: none");
        _accounts.Keys.ShouldBe(["guest", "nova"]);
    }

    [Fact]
    public async Task Without_a_broker_it_is_absent_and_a_silent_one_is_unknown()
    {
        _silent = new CloudletException(ErrorKind.Unreachable, "the broker does not answer");
        (await PlanAsync(Described)).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Unknown);

        _host.Machine.Files.Take("/usr/sbin/rabbitmqctl");
        (await PlanAsync(Described)).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Create);
    }

    [Fact]
    public async Task Without_its_secret_a_present_one_is_unknown_and_an_absent_one_is_made_later()
    {
        _host.Machine.Files.Take(DatabaseHost.SecretPath);
        (await PlanAsync(Described)).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Create);

        _accounts["nova"] = ("other", true);
        var unknown = (await PlanAsync(Described)).Changes.ShouldHaveSingleItem();
        unknown.Action.ShouldBe(ChangeAction.Unknown);
        unknown.Error!.ShouldContain(DatabaseHost.SecretPath);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    public async Task A_password_that_rabbitmqctl_would_read_otherwise_is_refused(string password)
    {
        _host.Machine.Files[DatabaseHost.SecretPath] = password;

        (await PlanAsync(Described)).Changes.ShouldHaveSingleItem().Action.ShouldBe(ChangeAction.Unknown);
    }

    [Theory]
    [InlineData("brokerAccounts: {nova: {}}", "write secret: NAME")]
    [InlineData("secrets: {x: /x}, brokerAccounts: {\"$(reboot)\": {secret: x}}", "is not a valid account name")]
    [InlineData("secrets: {x: /x}, brokerAccounts: {nova: {secret: x, address: localhost}}", "is not an address with a port")]
    [InlineData("secrets: {x: /x}, brokerAccounts: {nova: {secret: x, virtualHost: \"a`b\"}}", "is not a valid virtual host")]
    public void What_is_wrong_is_said(string host, string message) =>
        DatabaseHost.Load(host).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void It_comes_after_its_broker() =>
        DatabaseHost
            .State(Described + ", packages: {rabbitmq-server: }, units: {rabbitmq-server.service: {running: true}}")
            .Resources.OfType<BrokerAccountSpec>()
            .ShouldHaveSingleItem()
            .After.ShouldBe(["package:rabbitmq-server", "unit:rabbitmq-server.service"]);

    private IEnumerable<string> Changes() => _commands.Where(static c => !c.Contains("list_users"));

    private Task<Plan> PlanAsync(string host) => _converger.PlanAsync(DatabaseHost.State(host), default);

    private async Task ApplyAsync(string host) =>
        (await _converger.ApplyAsync(DatabaseHost.State(host), new ApplyOptions(), default)).Failed.ShouldBe(0);

    private ProcessResult Rabbitmqctl(IReadOnlyList<string> arguments, string input)
    {
        _commands.Add(string.Join(' ', arguments));
        var name = arguments[^1];
        switch (arguments[1])
        {
            case "list_users":
                return new ProcessResult(0, string.Concat(_accounts.Keys.Select(static a => $"{a}\t[]\n")), "");
            case "add_user" when !_accounts.ContainsKey(name):
                _accounts[name] = (input.TrimEnd('\n'), false);
                break;
            case "change_password" when _accounts.TryGetValue(name, out var account):
                _accounts[name] = account with { Password = input.TrimEnd('\n') };
                break;
            case "set_permissions":
                _accounts[arguments[4]] = _accounts[arguments[4]] with { MayUse = true };
                break;
            case "delete_user" when _accounts.Remove(name):
                break;
            default:
                return new ProcessResult(70, "", "Error:\nno such user, or it exists\n");
        }

        return new ProcessResult(0, "", "");
    }
}
