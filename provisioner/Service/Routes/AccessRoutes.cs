using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Settings;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/identity and /v1/accounts.</summary>
internal static class AccessRoutes
{
    private const int MostDays = 3650;

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/identity", IdentityAsync)
            .WithTags("access")
            .Described("getIdentity", "Who you are, what you may do, and what your project uses")
            .Produces<IdentityView>();
        var accounts = app.MapGroup("/v1/accounts").WithTags("access");
        accounts
            .MapGet(
                "",
                (HttpContext context, AccountBook book) =>
                    Bodies.WriteAsync(
                        context,
                        Bodies.PageOf(context, [.. book.List().Select(a => ViewOf(a))], a => a.Name),
                        AnswerJson.Default.PageAccountView
                    )
            )
            .Described("listAccounts", "The accounts of this service", Role.Admin)
            .OfPage<AccountView>();
        accounts
            .MapPost("", CreateAsync)
            .Described("createAccount", "Make an account; its token is shown only once", Role.Admin)
            .Accepts<CreateAccountRequest>("application/json")
            .Produces<AccountView>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict);
        accounts
            .MapDelete(
                "/{name}",
                (HttpContext context, AccountBook book, string name) =>
                    Bodies.WriteAsync(context, ViewOf(book.Revoke(name)), AnswerJson.Default.AccountView)
            )
            .Described("revokeAccount", "Revoke an account at once", Role.Admin)
            .OfOne<AccountView>();
    }

    private static Task IdentityAsync(HttpContext context, QuotaGuard quota, ServiceSettings settings)
    {
        var caller = context.Caller();
        var identity = new IdentityView(
            caller.Account,
            caller.Project,
            Caller.WordOf(caller.Role),
            caller.Way,
            settings.QuotaOf(caller.Project),
            quota.Used(caller.Project)
        );
        return Bodies.WriteAsync(context, identity, AnswerJson.Default.IdentityView);
    }

    private static async Task CreateAsync(HttpContext context, AccountBook book)
    {
        var request = await Bodies.ReadAsync(context, RequestJson.Default.CreateAccountRequest);
        new FieldChecks()
            .Require(request.Name is not null, "name", "missing")
            .Name(request.Name)
            .Name(request.Project, "project")
            .Require(Caller.RoleOf(request.Role) is not null, "role", $"expected reader, member or admin, found '{request.Role}'")
            .Between(request.Days, 1, MostDays, "days")
            .Done();
        var (account, token) = book.Add(
            request.Name!,
            request.Project ?? request.Name!,
            Caller.RoleOf(request.Role)!.Value,
            TimeSpan.FromDays(request.Days)
        );
        context.Response.Headers.Location = $"/v1/accounts/{account.Name}";
        context.Response.Headers.CacheControl = "no-store";
        await Bodies.WriteAsync(
            context,
            ViewOf(account) with
            {
                Token = token,
            },
            AnswerJson.Default.AccountView,
            StatusCodes.Status201Created
        );
    }

    private static AccountView ViewOf(Account account) =>
        new(account.Name, account.Project, Caller.WordOf(account.Role), account.Created, account.Expires) { Revoked = account.Revoked };
}
