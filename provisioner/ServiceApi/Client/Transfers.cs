using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.ServiceApi.Client;

/// <summary>Sends and fetches files; what broke off is resumed.</summary>
public static class Transfers
{
    private const int MostBreaks = 20;
    private const int PartSize = 1 << 20;

    /// <summary>Uploads a file with its digest.</summary>
    /// <param name="client">The service.</param>
    /// <param name="path">The file.</param>
    /// <param name="progress">Bytes that were sent.</param>
    /// <param name="ct">Stops it, and discards the upload.</param>
    /// <returns>Id of the upload.</returns>
    /// <exception cref="CloudletException">What the service refuses it with; Unreachable when the connection breaks too often.</exception>
    public static async Task<string> UploadAsync(this ServiceClient client, string path, IProgress<long> progress, CancellationToken ct)
    {
        await using var file = new FileStream(
            path,
            new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 }
        );
        var request = new CreateUploadRequest
        {
            Bytes = file.Length,
            Sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)),
        };
        var upload = await client.PostAsync(
            "/v1/uploads",
            request,
            RequestJson.Default.CreateUploadRequest,
            AnswerJson.Default.UploadView,
            ct
        );
        try
        {
            for (var breaks = 0; !upload.Complete; )
                try
                {
                    upload = await SendRestAsync(client, upload, file, progress, ct);
                }
                catch (Exception e) when (e is CloudletException { Kind: ErrorKind.Unreachable or ErrorKind.Busy or ErrorKind.Obstructed })
                {
                    if (++breaks > MostBreaks)
                        throw;
                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(3000, 100 << breaks)), ct);
                    upload = await client.GetAsync($"/v1/uploads/{upload.Id}", AnswerJson.Default.UploadView, ct);
                }
        }
        catch (OperationCanceledException)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await client.DeleteAsync($"/v1/uploads/{upload.Id}", limit.Token);
            throw;
        }

        return upload.Id;
    }

    /// <summary>Fetches a file.</summary>
    /// <param name="client">The service.</param>
    /// <param name="url">Its path at the service.</param>
    /// <param name="to">Where it is written.</param>
    /// <param name="progress">Bytes that have arrived.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="CloudletException">As <see cref="UploadAsync"/>; InvalidInput when the file changes meanwhile.</exception>
    public static async Task DownloadAsync(this ServiceClient client, string url, Stream to, IProgress<long> progress, CancellationToken ct)
    {
        var (position, breaks) = (0L, 0);
        EntityTagHeaderValue? tag = null;
        var buffer = new byte[PartSize];
        while (true)
            try
            {
                var (from, last) = (position, tag);
                using var answer = await client.SendAsync(
                    () =>
                    {
                        var request = new HttpRequestMessage(HttpMethod.Get, url);
                        if (from > 0)
                            request.Headers.Range = new RangeHeaderValue(from, null);
                        if (from > 0 && last is not null)
                            request.Headers.IfRange = new RangeConditionHeaderValue(last);
                        return request;
                    },
                    ct
                );
                if (position > 0 && answer.Content.Headers.ContentRange?.From != position)
                    throw new CloudletException(ErrorKind.InvalidInput, "the file changed while it was fetched: start again");
                tag ??= answer.Headers.ETag;
                await using var body = await answer.Content.ReadAsStreamAsync(ct);
                while (await body.ReadAsync(buffer, ct) is > 0 and var read)
                {
                    await to.WriteAsync(buffer.AsMemory(0, read), ct);
                    position += read;
                    breaks = 0;
                    progress.Report(position);
                }

                return;
            }
            catch (Exception e)
                when (e
                        is HttpRequestException
                            or IOException { InnerException: not null }
                            or CloudletException { Kind: ErrorKind.Unreachable }
                )
            {
                if (++breaks > MostBreaks)
                    throw;
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(3000, 100 << breaks)), ct);
            }
    }

    private static async Task<UploadView> SendRestAsync(
        ServiceClient client,
        UploadView upload,
        FileStream file,
        IProgress<long> progress,
        CancellationToken ct
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/v1/uploads/{upload.Id}");
        file.Position = upload.Received;
        request.Headers.Add("Upload-Offset", upload.Received.ToString(CultureInfo.InvariantCulture));
        request.Content = new StreamContent(new Counted(file, progress), PartSize);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        try
        {
            using var answer = await client.Http.SendAsync(request, ct);
            return answer.IsSuccessStatusCode
                ? await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync(answer.Content, AnswerJson.Default.UploadView, ct)
                    ?? upload
                : throw await ServiceException.OfAsync(answer, ct);
        }
        catch (HttpRequestException e)
        {
            throw new CloudletException(ErrorKind.Unreachable, $"the upload broke off: {Linux.ConnectionErrors.Found(e)}", e);
        }
    }

    /// <summary>A file that reports how far it was read; it stays open.</summary>
    private sealed class Counted(FileStream file, IProgress<long> progress) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => file.Length;

        public override long Position
        {
            get => file.Position;
            set => file.Position = value;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await file.ReadAsync(buffer, cancellationToken);
            progress.Report(file.Position);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => file.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

        public override void Flush() { }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
