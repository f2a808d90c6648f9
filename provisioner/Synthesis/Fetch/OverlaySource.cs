using System.Net;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Fetch;

/// <summary>Where an overlay or an exported base comes from: a file, or a URL.</summary>
public static class OverlaySource
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Opens it for reading from front to back. InvalidInput when it is neither a file nor an http(s) URL; NotFound when there is no such file. A server is first asked at the first read.</summary>
    /// <param name="place">Path or URL.</param>
    /// <param name="patience">How long a server may say nothing; null for 20 s.</param>
    public static Stream Open(string place, TimeSpan? patience = null)
    {
        if (!place.Contains("://", StringComparison.Ordinal))
            return File.Exists(place)
                ? new FileStream(place, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 })
                : throw new CloudletException(ErrorKind.NotFound, $"there is no file {place}.");
        if (!Uri.TryCreate(place, UriKind.Absolute, out var url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new CloudletException(ErrorKind.InvalidInput, $"'{place}' can't be fetched: name a file, or a URL that begins with http:// or https://.");
        var client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, MaxAutomaticRedirections = 5, ConnectTimeout = TimeSpan.FromSeconds(10) })
        {
            Timeout = Timeout.InfiniteTimeSpan, // each read has its own
        };
        return new ResumedStream(client, url, patience ?? Patience);
    }
}
