using System.Net;
using Cloudlet.Errors;
using Cloudlet.Service.Access;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.TestKit;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests.Access;

public class AccountSpecs
{
    [Fact]
    public async Task A_token_works_until_it_is_revoked_and_is_stored_nowhere()
    {
        await using var service = await RunningService.StartAsync();
        var admin = service.Socket();
        var request = new CreateAccountRequest { Name = "alice" };

        var made = await admin.PostAsync(
            "/v1/accounts",
            request,
            RequestJson.Default.CreateAccountRequest,
            AnswerJson.Default.AccountView,
            default
        );

        using var alice = new ServiceClient(await service.LoginAsync(made.Token));
        var identity = await alice.GetAsync("/v1/identity", AnswerJson.Default.IdentityView, default);
        (identity.Account, identity.Project, identity.Role, identity.Way).ShouldBe(("alice", "alice", "member", "token"));
        foreach (var file in Directory.EnumerateFiles(service.Settings.State, "*", SearchOption.AllDirectories))
            (await File.ReadAllTextAsync(file)).ShouldNotContain(made.Token!);
        (
            File.GetUnixFileMode(Path.Combine(service.Settings.State, "accounts.json")) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)
        ).ShouldBe(UnixFileMode.None);
        await service.RestartAsync();
        using var again = new ServiceClient(await service.LoginAsync(made.Token));
        await again.GetAsync("/v1/identity", AnswerJson.Default.IdentityView, default);
        service.Services.GetRequiredService<AccountBook>().Revoke("alice");
        (
            await Should.ThrowAsync<ServiceException>(() => again.GetAsync("/v1/identity", AnswerJson.Default.IdentityView, default))
        ).Problem.Status.ShouldBe(401);
    }

    [Fact]
    public void A_token_ends_and_a_name_in_use_is_not_given_again()
    {
        using var folder = new TempDir();
        var clock = new ManualClock();
        var book = new AccountBook(folder.Path, clock);
        var (_, token) = book.Add("bob", "bob", Role.Reader, TimeSpan.FromDays(2));

        Should
            .Throw<CloudletException>(() => book.Add("bob", "other", Role.Admin, TimeSpan.FromDays(1)))
            .Kind.ShouldBe(ErrorKind.AlreadyExists);
        book.Find(token)!.Name.ShouldBe("bob");
        clock.Advance(TimeSpan.FromDays(2));

        book.Find(token).ShouldBeNull();
        book.Add("bob", "other", Role.Admin, TimeSpan.FromDays(1)).Account.Project.ShouldBe("other");
        book.Find(token).ShouldBeNull();
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_an_account_is_told_at_once()
    {
        await using var service = await RunningService.StartAsync();
        var admin = await service.ClientAsync("ops", Role.Admin);
        var request = new CreateAccountRequest
        {
            Name = "Alice!",
            Project = "-",
            Role = "king",
            Days = 0,
        };

        var error = await Should.ThrowAsync<ServiceException>(() =>
            admin.PostAsync("/v1/accounts", request, RequestJson.Default.CreateAccountRequest, AnswerJson.Default.AccountView, default)
        );

        error.Problem.Status.ShouldBe(400);
        error.Problem.Errors.Select(e => e.Path).ShouldBe(["name", "project", "role", "days"]);
    }

    [Fact]
    public async Task The_audit_log_says_who_did_what_and_who_was_refused()
    {
        await using var service = await RunningService.StartAsync();
        var admin = await service.ClientAsync("ops", Role.Admin);
        await admin.PostAsync(
            "/v1/accounts",
            new CreateAccountRequest { Name = "carol" },
            RequestJson.Default.CreateAccountRequest,
            AnswerJson.Default.AccountView,
            default
        );
        using (var refused = await service.Bare().GetAsync("/v1/vms"))
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        await using var file = new FileStream(
            Path.Combine(service.Settings.State, "audit.jsonl"),
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite
        );
        var log = await new StreamReader(file).ReadToEndAsync();
        log.ShouldContain(
            "\"account\":\"ops-admin\",\"project\":\"ops\","
                + "\"way\":\"token\",\"from\":\"127.0.0.1\",\"what\":\"POST /v1/accounts\",\"result\":\"201\""
        );
        log.ShouldContain("\"what\":\"GET /v1/vms\",\"result\":\"401\"");
    }
}
