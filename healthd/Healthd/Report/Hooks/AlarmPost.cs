using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Report.Hooks;

/// <summary>
/// Posts alarms as JSON to a URL. Such URLs are often secrets: this one is read for each use, so that it can be changed, and never appears
/// in a message.
/// </summary>
/// <param name="file">Absolute path of the file with the URL.</param>
/// <param name="files">The host's files.</param>
/// <param name="limits">Time limits.</param>
/// <param name="clock">Measures them.</param>
/// <param name="note">Receives errors.</param>
internal sealed class AlarmPost(string file, IHostFiles files, HookLimits limits, TimeProvider clock, Action<string> note)
{
    private const int LongestUrl = 8192;

    public async Task SendAsync(Alarm alarm, CancellationToken ct)
    {
        if (ReadUrl() is not { } url)
            return;
        // Alarms are rare: a client for each one leaves no connection and no timer behind.
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        var body = ReportJson.Line(alarm);
        for (var attempt = 0; ; attempt++)
        {
            var (failure, canRetry) = await TryAsync(client, url, body, ct);
            if (failure is null)
                return;
            if (!canRetry || attempt == limits.Pauses.Count)
            {
                note(
                    $"an alarm could not be posted to the URL in {file}: {failure} ({attempt + 1} "
                        + $"{(attempt == 0 ? "attempt" : "attempts")})"
                );
                return;
            }

            await Task.Delay(limits.Pauses[attempt], clock, ct);
        }
    }

    private Uri? ReadUrl()
    {
        try
        {
            if (files.Read(file, LongestUrl) is not { } bytes)
                note($"no alarm is posted: {file}, which should contain the URL, does not exist");
            else if (
                Uri.TryCreate(Encoding.UTF8.GetString(bytes).Trim(), UriKind.Absolute, out var url)
                && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            )
                return url;
            else
                note($"no alarm is posted: {file} does not contain exactly one http or https URL");
        }
        catch (CloudletException e)
        {
            note($"no alarm is posted: {e.Message}");
        }

        return null;
    }

    private async Task<(string? Failure, bool CanRetry)> TryAsync(HttpClient client, Uri url, byte[] body, CancellationToken ct)
    {
        using var time = new CancellationTokenSource(limits.Post, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(time.Token, ct);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content };
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, end.Token);
            var code = response.StatusCode;
            return response.IsSuccessStatusCode
                ? (null, false)
                : ($"it answered {(int)code}", (int)code >= 500 || code is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return ($"no answer within {limits.Post.TotalSeconds:0.#} s", true);
        }
        catch (HttpRequestException e)
        {
            // Its message would contain the server's name.
            return ($"the request failed ({e.HttpRequestError})", true);
        }
    }
}
