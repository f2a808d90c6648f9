using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Answers;

/// <summary>Reads requests and writes answers as JSON.</summary>
internal static class Bodies
{
    private const int MostItems = 200;

    /// <summary>The body of a request. InvalidRequestException, with the property, when it is not what is expected.</summary>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!context.Request.HasJsonContentType())
            throw new InvalidRequestException([
                new FieldProblem("", $"expected Content-Type application/json, found '{context.Request.ContentType}'"),
            ]);
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw new JsonException("expected an object, found null");
        }
        catch (JsonException e)
        {
            throw new InvalidRequestException([new FieldProblem((e.Path ?? "").TrimStart('$', '.'), MessageOf(e))]);
        }
    }

    /// <summary>Answers with a resource and its ETag; 304 when the client has it already.</summary>
    public static async Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        if (status == StatusCodes.Status200OK)
        {
            var tag = TagOf(bytes);
            context.Response.Headers.ETag = tag;
            context.Response.Headers.CacheControl = "no-cache";
            if (context.Request.Headers.IfNoneMatch.Any(t => t is not null && t.Split(',').Any(one => one.Trim() == tag)))
            {
                context.Response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>PreconditionException when If-Match names another version of a resource than the present one.</summary>
    public static void RequireMatch<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        var wanted = context.Request.Headers.IfMatch.ToString();
        if (wanted.Length > 0 && wanted != "*" && wanted != TagOf(JsonSerializer.SerializeToUtf8Bytes(value, type)))
            throw new PreconditionException("it has changed since you read it: read it again, and decide again");
    }

    /// <summary>A part of a list, as <c>limit</c> and <c>after</c> of the query ask for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="all">The whole list, in its order.</param>
    /// <param name="id">Id of an item.</param>
    public static Page<T> PageOf<T>(HttpContext context, IReadOnlyList<T> all, Func<T, string> id)
    {
        var (query, checks) = (context.Request.Query, new FieldChecks());
        var limit = MostItems;
        if (query["limit"].ToString() is { Length: > 0 } text)
        {
            checks.Require(
                int.TryParse(text, System.Globalization.NumberStyles.None, null, out limit) && limit is >= 1 and <= MostItems,
                "limit",
                $"expected 1 to {MostItems}, found '{(text.Length > 20 ? text[..20] : text)}'"
            );
            checks.Done();
        }

        var after = query["after"].ToString();
        var start = 0;
        if (after.Length > 0)
        {
            while (start < all.Count && id(all[start]) != after)
                start++;
            checks
                .Require(start < all.Count, "after", "expected the id of an item of the list; it may have been removed: start again")
                .Done();
            start++;
        }

        var items = all.Skip(start).Take(limit).ToList();
        var others = string.Concat(
            query
                .Where(q => q.Key is not ("after" or "limit"))
                .Select(q => $"&{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value.ToString())}")
        );
        return new Page<T>(items)
        {
            Next = start + items.Count < all.Count ? $"{context.Request.Path}?after={id(items[^1])}&limit={limit}{others}" : null,
        };
    }

    /// <summary>The serializer's message without what it adds for programmers.</summary>
    private static string MessageOf(JsonException e)
    {
        var end = e.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        var text = end < 0 ? e.Message : e.Message[..end];
        return text.Contains("could not be mapped to any .NET member", StringComparison.Ordinal) ? "there is no such property"
            : text.Contains("could not be converted to", StringComparison.Ordinal) ? "the value has the wrong type"
            : text.Contains("was missing required properties", StringComparison.Ordinal) ? "a required property is missing"
            : text;
    }

    private static string TagOf(byte[] bytes) => $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 12))}\"";
}
