using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service;

/// <summary>
/// <c>Idempotency-Key</c>: a POST that is sent again with the same key, because its answer was lost, gets the first answer and changes
/// nothing. Keys are kept for a day, in memory: after a restart the service has ended its operations, too.
/// </summary>
/// <param name="next">The rest.</param>
/// <param name="clock">Tells which keys are old.</param>
internal sealed class Idempotency(RequestDelegate next, TimeProvider clock)
{
    private const string Header = "Idempotency-Key";
    private const int LongestKey = 200;
    private const int MostKeys = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, Entry> _entries = new();

    /// <summary>Serves a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var key = context.Request.Headers[Header].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(context.Request.Method) || Caller.Of(context.User) is not { } caller)
        {
            await next(context);
            return;
        }

        new FieldChecks()
            .Require(
                key.Length <= LongestKey && key.All(c => c is > ' ' and <= '~'),
                Header,
                $"expected 1 to {LongestKey} visible ASCII characters"
            )
            .Done();
        Forget();
        var entry = new Entry(await DigestAsync(context), clock.GetTimestamp());
        var kept = _entries.GetOrAdd($"{caller.Way} {caller.Account} {key}", entry);
        if (ReferenceEquals(kept, entry))
            await ServeAsync(context, entry, $"{caller.Way} {caller.Account} {key}");
        else
            await RepeatAsync(context, kept, entry.Request);
    }

    private async Task ServeAsync(HttpContext context, Entry entry, string name)
    {
        var answer = context.Response.Body;
        using var copy = new MemoryStream();
        context.Response.Body = copy;
        try
        {
            await next(context);
            var isSecret = context.Response.Headers.CacheControl == "no-store";
            entry.Answer.SetResult(
                new Answer(
                    context.Response.StatusCode,
                    context.Response.ContentType,
                    context.Response.Headers.Location.ToString(),
                    isSecret ? null : copy.ToArray()
                )
            );
        }
        catch
        {
            // The request had no effect, so that it may be sent again.
            _entries.TryRemove(name, out _);
            entry.Answer.SetResult(null);
            throw;
        }
        finally
        {
            context.Response.Body = answer;
        }

        await answer.WriteAsync(copy.ToArray(), context.RequestAborted);
    }

    private static async Task RepeatAsync(HttpContext context, Entry kept, string request)
    {
        if (kept.Request != request)
            throw new InvalidRequestException([new FieldProblem(Header, "this key was used for another request: choose a new one")]);
        var first =
            await kept.Answer.Task.WaitAsync(context.RequestAborted)
            ?? throw new CloudletException(ErrorKind.Busy, "the first request with this key failed: send it again");
        if (first.Body is null)
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                "this was done already, and its answer held a secret that is not kept: revoke what was made, and make it with a new key"
            );
        context.Response.StatusCode = first.Status;
        context.Response.ContentType = first.ContentType;
        if (first.Location.Length > 0)
            context.Response.Headers.Location = first.Location;
        context.Response.Headers["Idempotent-Replayed"] = "true";
        await context.Response.Body.WriteAsync(first.Body, context.RequestAborted);
    }

    private static async Task<string> DigestAsync(HttpContext context)
    {
        context.Request.EnableBuffering();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{context.Request.Path}{context.Request.QueryString}\n"));
        var buffer = new byte[8192];
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
            hash.AppendData(buffer.AsSpan(0, read));
        context.Request.Body.Position = 0;
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private void Forget()
    {
        if (_entries.Count < MostKeys)
            return;
        foreach (var (name, entry) in _entries.OrderBy(e => e.Value.Since).Take(MostKeys / 2))
            if (entry.Answer.Task.IsCompleted || clock.GetElapsedTime(entry.Since) > Kept)
                _entries.TryRemove(name, out _);
    }

    private sealed record Answer(int Status, string? ContentType, string Location, byte[]? Body);

    private sealed record Entry(string Request, long Since)
    {
        public TaskCompletionSource<Answer?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
