using System.Net;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.ServiceApi.Client;

/// <summary>The service refused a request, or an operation failed.</summary>
public sealed class ServiceException(ErrorKind kind, ProblemView problem) : CloudletException(kind, TextOf(problem))
{
    /// <summary>What it said.</summary>
    public ProblemView Problem { get; } = problem;

    /// <summary>The error of a problem document.</summary>
    public static ServiceException Of(ProblemView problem) => new(KindOf(problem), problem);

    /// <summary>The error of an answer, whose body may be anything.</summary>
    internal static async Task<ServiceException> OfAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        const int Longest = 1 << 20;
        ProblemView? problem = null;
        if (
            answer.Content.Headers.ContentType?.MediaType == "application/problem+json"
            && answer.Content.Headers.ContentLength is null or < Longest
        )
            try
            {
                problem = JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(ct), AnswerJson.Default.ProblemView);
            }
            catch (JsonException)
            {
                // Not ours: the status has to do.
            }

        return Of(
            problem
                ?? new ProblemView(
                    answer.ReasonPhrase ?? "",
                    (int)answer.StatusCode,
                    $"the server answered {(int)answer.StatusCode} {answer.ReasonPhrase}: is it a cloudlet service?"
                )
        );
    }

    private static ErrorKind KindOf(ProblemView problem) =>
        Enum.TryParse<ErrorKind>((problem.Code ?? "").Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var kind)
            ? kind
            : (HttpStatusCode)problem.Status switch
            {
                HttpStatusCode.BadRequest => ErrorKind.InvalidInput,
                HttpStatusCode.NotFound => ErrorKind.NotFound,
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ErrorKind.PermissionDenied,
                HttpStatusCode.Conflict => ErrorKind.Busy,
                HttpStatusCode.InsufficientStorage => ErrorKind.NoSpace,
                HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => ErrorKind.Busy,
                HttpStatusCode.UnprocessableEntity => ErrorKind.Unsupported,
                _ => ErrorKind.Unexpected,
            };

    private static string TextOf(ProblemView problem) =>
        problem.Errors.Count > 1
            ? $"the service refused the request:\n  {string.Join("\n  ", problem.Errors.Select(e => $"{e.Path}: {e.Detail}"))}"
            : problem.Detail;
}
