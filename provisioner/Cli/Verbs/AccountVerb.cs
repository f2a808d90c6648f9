using System.CommandLine;
using System.Text.Json;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Remote;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet account</c>: who may use a cloudlet service.</summary>
internal static class AccountVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("account", "Accounts of a cloudlet service. For its administrators; root of its host is one.")
        {
            Examples =
            [
                ("cloudlet account add alice", "a member of a project of her own; the token is printed once"),
                ("cloudlet account add watch --role reader --project alice --days 365", "may look at it"),
                ("cloudlet account list", "names, projects, roles and when tokens end"),
                ("cloudlet account revoke alice", "her token is refused from now on; her VMs stay"),
            ],
        };
        verb.Options.Add(ServiceOptions.Service);
        verb.Subcommands.Add(Add());
        verb.Subcommands.Add(List());
        verb.Subcommands.Add(Revoke());
        return verb;
    }

    private static VerbCommand Add()
    {
        var verb = new VerbCommand("add", "Make an account, and print its token. The token is kept nowhere: give it to its user now.")
        {
            Exits = [(ExitCodes.Failed, "the account is in use, or you are not an administrator")],
        };
        var name = Name();
        var project = new Option<string?>("--project") { Description = "Its project; by default one of the same name.", HelpName = "NAME" };
        var role = new Option<string>("--role")
        {
            Description = "reader (look), member (change its project) or admin (everything).",
            DefaultValueFactory = _ => "member",
            HelpName = "ROLE",
        };
        role.CompletionSources.Add("reader", "member", "admin");
        var days = new Option<int>("--days")
        {
            Description = "Days until its token ends.",
            DefaultValueFactory = _ => 90,
            HelpName = "COUNT",
        };
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(name);
        foreach (var option in (Option[])[project, role, days, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                using var client = new ServiceClient(ServiceOptions.Require(parsed));
                var request = new CreateAccountRequest
                {
                    Name = parsed.GetValue(name),
                    Project = parsed.GetValue(project),
                    Role = parsed.GetValue(role)!,
                    Days = parsed.GetValue(days),
                };
                var made = await client.PostAsync(
                    "/v1/accounts",
                    request,
                    RequestJson.Default.CreateAccountRequest,
                    AnswerJson.Default.AccountView,
                    ct
                );
                var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
                if (parsed.GetValue(json))
                {
                    await output.WriteLineAsync(JsonSerializer.Serialize(made, AnswerJson.Default.AccountView));
                    return ExitCodes.Ok;
                }

                await errors.WriteLineAsync(
                    $"account {made.Name}: {made.Role} of project {made.Project} until {made.Expires:yyyy-MM-dd}. Its token, which is "
                        + "not shown again:"
                );
                await output.WriteLineAsync(made.Token);
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static VerbCommand List()
    {
        var verb = new VerbCommand("list", "Show the accounts.");
        var json = RuntimeOptions.Json();
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                using var client = new ServiceClient(ServiceOptions.Require(parsed));
                var output = parsed.InvocationConfiguration.Output;
                var accounts = await client.ListAsync("/v1/accounts", AnswerJson.Default.PageAccountView, ct);
                foreach (var one in accounts)
                    await output.WriteLineAsync(
                        parsed.GetValue(json)
                            ? JsonSerializer.Serialize(one, AnswerJson.Default.AccountView)
                            : $"{one.Name, -20} {one.Role, -7} project {one.Project, -20} "
                                + (one.Revoked is { } at ? $"revoked {at:yyyy-MM-dd}" : $"until {one.Expires:yyyy-MM-dd}")
                    );
                if (accounts.Count == 0 && !parsed.GetValue(json))
                    await output.WriteLineAsync("no accounts; `cloudlet account add NAME` makes one");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static VerbCommand Revoke()
    {
        var verb = new VerbCommand("revoke", "Refuse an account's token from now on. What it made stays.")
        {
            Exits = [(ExitCodes.Failed, "there is no such account, or you are not an administrator")],
        };
        var name = Name();
        verb.Arguments.Add(name);
        verb.SetAction(
            async (parsed, ct) =>
            {
                using var client = new ServiceClient(ServiceOptions.Require(parsed));
                var path = RemoteWork.PathOf("accounts", parsed.GetValue(name)!);
                var account = await client.CallAsync(HttpMethod.Delete, path, AnswerJson.Default.AccountView, ct);
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"account {account.Name} was revoked");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static Argument<string> Name() => new("NAME") { Description = "Its name: lower-case letters, digits and dashes." };
}
