using Cloudlet.Service.Answers;
using Cloudlet.Service.Tls;
using Cloudlet.Service.Work;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Routes;

/// <summary>/v1/host, and the routes without credentials: whether the service is up, and its certificate authority.</summary>
internal static class HostRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(
                "/v1/host",
                async (HttpContext context, HostWork work) =>
                    await Bodies.WriteAsync(context, await work.LookAsync(context.RequestAborted), AnswerJson.Default.HostView)
            )
            .WithTags("host")
            .Described("getHost", "The host: what it has, what runs, and its health")
            .Produces<HostView>();
        app.MapGet("/health/live", () => Results.Text("live\n"))
            .WithTags("host")
            .WithName("isLive")
            .WithSummary("200 while the service answers")
            .Produces(StatusCodes.Status200OK, contentType: "text/plain")
            .AllowAnonymous();
        app.MapGet(
                "/health/ready",
                async (HttpContext context, HostWork work) =>
                    await work.ProblemAsync(context.RequestAborted) is null
                        ? Results.Text("ready\n")
                        : Results.Text("not ready: GET /v1/host says why\n", statusCode: StatusCodes.Status503ServiceUnavailable)
            )
            .WithTags("host")
            .WithName("isReady")
            .WithSummary("200 while VMs can be started, else 503")
            .Produces(StatusCodes.Status200OK, contentType: "text/plain")
            .Produces(StatusCodes.Status503ServiceUnavailable, contentType: "text/plain")
            .AllowAnonymous();
        app.MapGet("/v1/authority", Authority)
            .WithTags("host")
            .WithName("getAuthority")
            .WithSummary("The service's own certificate authority (PEM), to be compared with its fingerprint")
            .Produces(StatusCodes.Status200OK, contentType: "application/x-pem-file")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .AllowAnonymous();
    }

    private static IResult Authority(ServerCertificates certificates) =>
        certificates.AuthorityPem is { } pem
            ? Results.Text(pem, "application/x-pem-file")
            : throw new Errors.CloudletException(
                Errors.ErrorKind.NotFound,
                "this service uses a given certificate: trust the authority that issued it"
            );
}
