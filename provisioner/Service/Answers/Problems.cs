using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Service.Access;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Refusals;

namespace Cloudlet.Service.Answers;

/// <summary>A request has invalid properties; it carries all of them.</summary>
public sealed class InvalidRequestException(IReadOnlyList<FieldProblem> problems)
    : CloudletException(
        ErrorKind.InvalidInput,
        $"the request is not valid: {string.Join("; ", problems.Select(p => p.Path.Length == 0 ? p.Detail : $"{p.Path}: {p.Detail}"))}"
    )
{
    /// <summary>Everything that is wrong.</summary>
    public IReadOnlyList<FieldProblem> Problems { get; } = problems;
}

/// <summary>A request needs what is not the case any more, such as another version of a resource.</summary>
public sealed class PreconditionException(string message) : CloudletException(ErrorKind.Obstructed, message);

/// <summary>Makes problem documents (RFC 9457) of errors.</summary>
public static class Problems
{
    /// <summary>Media type of a problem document.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The document of an error.</summary>
    /// <param name="error">What went wrong.</param>
    public static ProblemView Of(Exception error)
    {
        var (status, code) = error switch
        {
            InvalidRequestException => (StatusCodes.Status400BadRequest, "invalid-request"),
            QuotaExceededException => (StatusCodes.Status403Forbidden, "quota-exceeded"),
            PreconditionException => (StatusCodes.Status412PreconditionFailed, "precondition-failed"),
            OverlayRefusedException refused => (StatusOf(refused.Kind), refused.Refusal.Code),
            CloudletException known => (StatusOf(known.Kind), CodeOf(known.Kind)),
            BadHttpRequestException bad => (bad.StatusCode, "bad-request"),
            OperationCanceledException => (StatusCodes.Status499ClientClosedRequest, "cancelled"),
            IOException io when (io.HResult & 0xffff) is 28 or 122 => (StatusCodes.Status507InsufficientStorage, "no-space"),
            _ => (StatusCodes.Status500InternalServerError, "internal"),
        };
        var refusal = (error as OverlayRefusedException)?.Refusal;
        return new ProblemView(TitleOf(status), status, DetailOf(error, code))
        {
            Code = code,
            Errors = (error as InvalidRequestException)?.Problems ?? [],
            Expected = refusal?.Expected,
            Found = refusal?.Found,
        };
    }

    /// <summary>A document with a status alone, such as of a missing route.</summary>
    public static ProblemView Of(int status, string detail, string code) => new(TitleOf(status), status, detail) { Code = code };

    /// <summary>Writes a document as the answer.</summary>
    public static Task WriteAsync(HttpContext context, ProblemView problem)
    {
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = MediaType;
        if (problem.Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        return JsonSerializer.SerializeAsync(
            context.Response.Body,
            problem with
            {
                Instance = context.Request.Path.Value,
            },
            AnswerJson.Default.ProblemView,
            context.RequestAborted
        );
    }

    /// <summary>A defect's text may hold paths and values of others; it goes to the log only.</summary>
    private static string DetailOf(Exception error, string code) =>
        code is "internal"
            ? "the service met an unexpected error; its log (journalctl -u cloudlet-service) has the details"
            : error.Message;

    private static int StatusOf(ErrorKind kind) =>
        kind switch
        {
            ErrorKind.InvalidInput => StatusCodes.Status400BadRequest,
            ErrorKind.NotFound => StatusCodes.Status404NotFound,
            ErrorKind.AlreadyExists or ErrorKind.Busy or ErrorKind.Obstructed or ErrorKind.OwnedByOther => StatusCodes.Status409Conflict,
            ErrorKind.PermissionDenied => StatusCodes.Status403Forbidden,
            ErrorKind.NoSpace or ErrorKind.ReadOnly => StatusCodes.Status507InsufficientStorage,
            ErrorKind.Timeout => StatusCodes.Status504GatewayTimeout,
            ErrorKind.Unreachable => StatusCodes.Status502BadGateway,
            ErrorKind.Unsupported or ErrorKind.DriverMissing => StatusCodes.Status422UnprocessableEntity,
            _ => StatusCodes.Status500InternalServerError,
        };

    private static string CodeOf(ErrorKind kind) =>
        string.Concat(
            kind.ToString().Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}")
        );

    private static string TitleOf(int status) => Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status);
}
