using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.Service.Operations;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Routes;

/// <summary>What the routes share.</summary>
internal static class RouteFrame
{
    /// <summary>The caller of a request that was let in.</summary>
    public static Caller Caller(this HttpContext context) =>
        Access.Caller.Of(context.User) ?? throw new InvalidOperationException("the route has no authorization policy");

    /// <summary>Describes a route: its name and summary in the OpenAPI document, and who may use it.</summary>
    public static RouteHandlerBuilder Described(this RouteHandlerBuilder route, string name, string summary, Role role = Role.Reader) =>
        route
            .WithName(name)
            .WithSummary(summary)
            .RequireAuthorization(Access.Caller.WordOf(role))
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);

    /// <summary>Answers 202 with an operation that was started, and where to follow it.</summary>
    public static Task AcceptAsync(HttpContext context, Operation operation)
    {
        context.Response.Headers.Location = $"/v1/operations/{operation.View.Id}";
        context.Items[OperationKey] = operation.View.Id;
        return Bodies.WriteAsync(context, operation.View, AnswerJson.Default.OperationView, StatusCodes.Status202Accepted);
    }

    /// <summary>Where a request keeps the id of the operation that it started, for the audit log.</summary>
    internal const string OperationKey = "operation";

    /// <summary>Describes a route that starts an operation.</summary>
    public static RouteHandlerBuilder StartsOperation(this RouteHandlerBuilder route) =>
        route.Produces<OperationView>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest);

    /// <summary>Describes a route about one resource.</summary>
    public static RouteHandlerBuilder OfOne<T>(this RouteHandlerBuilder route) =>
        route.Produces<T>().Produces(StatusCodes.Status304NotModified).ProducesProblem(StatusCodes.Status404NotFound);

    /// <summary>Describes a list.</summary>
    public static RouteHandlerBuilder OfPage<T>(this RouteHandlerBuilder route) =>
        route.Produces<Page<T>>().ProducesProblem(StatusCodes.Status400BadRequest).WithMetadata(new PagedAttribute());

    /// <summary>True when an item is not filtered out by a property of the query.</summary>
    public static bool Matches(this HttpContext context, string key, string? value) =>
        context.Request.Query[key].ToString() is not { Length: > 0 } wanted || wanted == value;
}

/// <summary>Marks a list: the OpenAPI document gets the parameters of its pages.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PagedAttribute : Attribute;
