using System.Net.ServerSentEvents;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.ServiceApi.Client;

/// <summary>Follows operations to their end.</summary>
public static class Operations
{
    private const int MostBreaks = 20;

    /// <summary>
    /// Follows an operation by its events, over broken connections, until it ends. When this is cancelled, the operation is, too.
    /// </summary>
    /// <returns>What it made; null when it makes nothing.</returns>
    /// <exception cref="CloudletException">What it failed with; Interrupted when another client cancelled it.</exception>
    public static async Task<OperationResult?> FollowAsync(
        this ServiceClient client,
        OperationView operation,
        IProgress<OperationView> progress,
        CancellationToken ct
    )
    {
        try
        {
            for (var breaks = 0; !operation.HasEnded(); )
                try
                {
                    await foreach (var view in EventsAsync(client, operation.Id, ct))
                    {
                        (operation, breaks) = (view, 0);
                        progress.Report(view);
                    }
                }
                catch (Exception e) when (e is IOException or HttpRequestException || (e is CloudletException { CanRetry: true }))
                {
                    if (++breaks > MostBreaks)
                        throw;
                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(3000, 100 << breaks)), ct);
                }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await client.CallAsync(HttpMethod.Post, $"/v1/operations/{operation.Id}/cancel", AnswerJson.Default.OperationView, limit.Token);
            throw;
        }

        return operation.State switch
        {
            OperationView.Succeeded => operation.Result,
            OperationView.Cancelled => throw new CloudletException(ErrorKind.Interrupted, "the operation was cancelled"),
            _ => throw ServiceException.Of(
                operation.Problem ?? new ProblemView("", 500, "the operation failed, and the service did not say why")
            ),
        };
    }

    private static async IAsyncEnumerable<OperationView> EventsAsync(
        ServiceClient client,
        string id,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct
    )
    {
        using var answer = await client.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, $"/v1/operations/{id}/events"), ct);
        await using var body = await answer.Content.ReadAsStreamAsync(ct);
        var events = SseParser.Create(body, (_, data) => JsonSerializer.Deserialize(data, AnswerJson.Default.OperationView));
        await foreach (var one in events.EnumerateAsync(ct))
            if (one.Data is { } view)
                yield return view;
    }
}
