using System.Net;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Resources.Kinds.CloudImages;

/// <summary>The data of an image: a file of the host, or a URL.</summary>
/// <param name="source">Absolute path or URL.</param>
/// <param name="id">The resource, for messages.</param>
internal sealed class ImageSource(string source, string id)
{
    /// <summary>Glance is told the length before the data; no server sends an image without one.</summary>
    private static readonly HttpClient Http = new(
        new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(30),
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
        }
    )
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>The data and its length in bytes.</summary>
    /// <exception cref="CloudletException">NotFound, PermissionDenied, Unreachable: it cannot be read.</exception>
    public async Task<(Stream Data, long Length)> OpenAsync(CancellationToken ct)
    {
        if (source.StartsWith('/'))
            return OpenFile();
        try
        {
            var response = await Http.GetAsync(new Uri(source), HttpCompletionOption.ResponseHeadersRead, ct);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new CloudletException(
                    (int)response.StatusCode >= 500 ? ErrorKind.Unreachable : ErrorKind.NotFound,
                    $"{id}: {source} answered with HTTP {(int)response.StatusCode}; correct the URL, or fetch it to a file of this host"
                );
            return response.Content.Headers.ContentLength is { } length
                ? (await response.Content.ReadAsStreamAsync(ct), length)
                : throw new CloudletException(
                    ErrorKind.Unsupported,
                    $"{id}: the server of {source} does not say its length; fetch it to a file of this host"
                );
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new CloudletException(ErrorKind.Unreachable, $"{id}: {source}: {ConnectionErrors.Found(e)}", e);
        }
    }

    /// <summary>Content of a request that is read, and digested, while it is sent.</summary>
    public static HttpContent ContentOf(Stream data, long length, IncrementalHash digest) => new Digested(data, length, digest);

    private (Stream Data, long Length) OpenFile()
    {
        try
        {
            var file = File.OpenRead(source);
            return (file, file.Length);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CloudletException(ErrorKind.NotFound, $"{id}: {source} does not exist on this host", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.PermissionDenied, $"{id}: {source} cannot be read: {e.Message}", e);
        }
    }

    private sealed class Digested : HttpContent
    {
        private readonly Stream _data;
        private readonly long _length;
        private readonly IncrementalHash _digest;

        public Digested(Stream data, long length, IncrementalHash digest)
        {
            (_data, _length, _digest) = (data, length, digest);
            Headers.ContentType = new("application/octet-stream");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var block = new byte[1 << 17];
            for (int read; (read = await _data.ReadAsync(block, cancellationToken)) > 0; )
            {
                _digest.AppendData(block, 0, read);
                await stream.WriteAsync(block.AsMemory(0, read), cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _length;
            return true;
        }
    }
}
