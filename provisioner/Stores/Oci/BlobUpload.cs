using System.Net;
using System.Net.Http.Headers;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Oci;

/// <summary>Sends a content to a registry in chunks. After an error, the registry says how much it has, and the rest is sent.</summary>
/// <param name="client">The repository.</param>
/// <param name="notes">Uploads of earlier commands.</param>
/// <param name="chunk">Bytes of a chunk.</param>
internal sealed class BlobUpload(RegistryClient client, UploadNotes notes, int chunk)
{
    private const int MostBreaks = 6; // in a row, without a chunk between them

    /// <summary>A registry may give up an upload whose chunk was cut off, so an interruption waits for the end of a chunk.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Sends a content that the registry lacks. InvalidInput when what arrived there is something else.</summary>
    public async Task SendAsync(StoredItem item, Stream from, IProgress<long>? progress, CancellationToken ct)
    {
        var (url, at) = notes.Find(client.Root, item.Sha256) is { } known ? await AskAsync(known, ct) : (null, 0);
        var isContinued = at > 0;
        for (var breaks = 0; ; )
            try
            {
                url ??= await BeginAsync(item, ct);
                while (at < item.Length)
                {
                    progress?.Report(at);
                    ct.ThrowIfCancellationRequested();
                    url = await SendChunkAsync(url, from, at, (int)Math.Min(chunk, item.Length - at), ct);
                    at += Math.Min(chunk, item.Length - at);
                    notes.Note(client.Root, item.Sha256, url);
                    breaks = 0;
                }

                await FinishAsync(url, item, ct);
                notes.Note(client.Root, item.Sha256, null);
                progress?.Report(item.Length);
                return;
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput && isContinued)
            {
                // What an earlier command left there does not match.
                notes.Note(client.Root, item.Sha256, null);
                (url, at, isContinued) = (null, 0, false);
            }
            catch (CloudletException e) when ((e.CanRetry || e.Kind == ErrorKind.NotFound) && ++breaks <= MostBreaks)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 << breaks), ct);
                (url, at) = url is null ? (null, 0) : await TryAskAsync(url, at, ct);
            }
    }

    private async Task<(string? Url, long At)> TryAskAsync(string url, long at, CancellationToken ct)
    {
        try
        {
            return await AskAsync(url, ct);
        }
        catch (CloudletException e) when (e.CanRetry)
        {
            return (url, at);
        }
    }

    /// <summary>Where an upload is, and how many bytes of it the registry has; no URL when it does not know it any more.</summary>
    private async Task<(string? Url, long At)> AskAsync(string url, CancellationToken ct)
    {
        using var answer = await client.SendAsync(url, static at => new HttpRequestMessage(HttpMethod.Get, at), ct);
        if ((int)answer.StatusCode >= 500)
            throw StoreHttp.Refused(answer, "expected how much of the upload is there");
        return answer.IsSuccessStatusCode && LocationOf(answer) is { } location ? (location, ReachedBy(answer)) : (null, 0);
    }

    private async Task<string> BeginAsync(StoredItem item, CancellationToken ct)
    {
        using var answer = await client.SendAsync(
            "blobs/uploads/",
            static at => new HttpRequestMessage(HttpMethod.Post, at) { Content = new ByteArrayContent([]) },
            ct
        );
        var url = answer.StatusCode == HttpStatusCode.Accepted ? LocationOf(answer) : null;
        if (url is null)
            throw StoreHttp.Refused(answer, "expected the URL of an upload; does the account have the right to push?");
        notes.Note(client.Root, item.Sha256, url);
        return url;
    }

    private async Task<string> SendChunkAsync(string url, Stream from, long at, int length, CancellationToken ct)
    {
        var block = new byte[length];
        from.Position = at;
        await from.ReadExactlyAsync(block, ct);
        using var end = new CancellationTokenSource();
        await using var late = ct.Register(() => end.CancelAfter(Grace));
        using var answer = await client.SendAsync(
            url,
            to =>
            {
                var content = new ByteArrayContent(block);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                content.Headers.TryAddWithoutValidation("Content-Range", $"{at}-{at + length - 1}");
                return new HttpRequestMessage(HttpMethod.Patch, to) { Content = content };
            },
            end.Token
        );
        if (answer.StatusCode != HttpStatusCode.Accepted)
            throw answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable
                ? new CloudletException(ErrorKind.Interrupted, $"PATCH {StoreHttp.Shown(client.Root)}: the registry is at another position")
                : StoreHttp.Refused(answer, "expected that the chunk is accepted");
        return LocationOf(answer) ?? url;
    }

    private async Task FinishAsync(string url, StoredItem item, CancellationToken ct)
    {
        var with = $"{url}{(url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest=sha256%3A{item.Sha256}";
        using var answer = await client.SendAsync(
            with,
            static at => new HttpRequestMessage(HttpMethod.Put, at) { Content = new ByteArrayContent([]) },
            ct
        );
        if (answer.StatusCode != HttpStatusCode.Created)
            throw StoreHttp.Refused(answer, $"expected that the content of {item.Key} has the digest sha256:{item.Sha256}");
    }

    private string? LocationOf(HttpResponseMessage answer) =>
        answer.Headers.Location is { } location ? new Uri(client.Root, location).ToString() : null;

    /// <summary>The header is <c>0-N</c>, with the last byte; of an empty upload it is <c>0-0</c>, or missing.</summary>
    private static long ReachedBy(HttpResponseMessage answer)
    {
        var range = answer.Headers.TryGetValues("Range", out var values) ? values.First() : "";
        var end = range.Split('-', '=') is [.., var last] && long.TryParse(last, out var number) ? number : 0;
        return end > 0 ? end + 1 : 0;
    }
}
