using System.Net;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Fetch;

/// <summary>Opens overlays and exported bases, from a file or a URL.</summary>
public static class OverlaySource
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Opens it for reading from front to back. InvalidInput when it is neither a file nor an http(s) URL; NotFound when the file does not
    /// exist. The first read sends the first request.
    /// </summary>
    /// <param name="place">Path or URL.</param>
    /// <param name="patience">How long the server may send nothing; null for 20 s. In three times as long it has to send 16 KiB.</param>
    /// <param name="policy">Which servers may be asked; null for all.</param>
    public static Stream Open(string place, TimeSpan? patience = null, FetchPolicy? policy = null)
    {
        if (!place.Contains("://", StringComparison.Ordinal))
            return File.Exists(place)
                ? new FileStream(
                    place,
                    new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 }
                )
                : throw new CloudletException(ErrorKind.NotFound, $"there is no file {place}.");
        if (!Uri.TryCreate(place, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{place}' can't be fetched: name a file, or a URL that begins with http:// or https://."
            );
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = DecompressionMethods.None,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            UseProxy = policy is null, // through a proxy, its address would be checked and not the server's
        };
        if (policy is not null)
            handler.ConnectCallback = policy.ConnectAsync;
        var client = new HttpClient(handler)
        {
            Timeout = Timeout.InfiniteTimeSpan, // each read has its own
        };
        return new ResumedStream(client, url, patience ?? Patience);
    }
}
