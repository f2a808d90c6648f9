using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Stores.Http;

namespace Cloudlet.Stores.S3;

/// <summary>A client for one endpoint: signed requests over our own connections, and its errors as ours.</summary>
internal sealed class S3Connection : IDisposable
{
    private const string AnyRegion = "us-east-1";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10); // for one part of an upload
    private readonly StoreHttp _http;
    private readonly string _shown;

    /// <summary>Connects nothing yet.</summary>
    /// <param name="endpoint">The endpoint; null: Amazon's own for the region.</param>
    /// <param name="options">Account and region are in its environment.</param>
    public S3Connection(Uri? endpoint, StoreOptions options)
    {
        var keys = AwsKeys.Find(options);
        var region = options.Value("AWS_REGION") ?? options.Value("AWS_DEFAULT_REGION") ?? AnyRegion;
        var url = endpoint ?? new Uri($"https://s3.{region}.amazonaws.com/");
        _http = new StoreHttp(options, "AWS_CA_BUNDLE");
        _shown = url.GetLeftPart(UriPartial.Authority);
        var config = new AmazonS3Config
        {
            ServiceURL = url.ToString(),
            AuthenticationRegion = region,
            ForcePathStyle = true,
            // Servers other than Amazon's know no checksums behind the body; each body is signed with its SHA-256.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 3,
            Timeout = Limit,
            HttpClientFactory = new Ours(_http, url),
        };
        AWSCredentials account = keys.Session is { } session
            ? new SessionAWSCredentials(keys.Id, keys.Secret, session)
            : new BasicAWSCredentials(keys.Id, keys.Secret);
        Client = new AmazonS3Client(account, config);
    }

    /// <summary>The client.</summary>
    public AmazonS3Client Client { get; }

    /// <summary>Runs one request; null when what it asks for does not exist.</summary>
    /// <param name="what">What it does, for messages.</param>
    /// <param name="send">Sends it.</param>
    /// <param name="ct">Cancels it.</param>
    public async Task<T?> TryAsync<T>(string what, Func<CancellationToken, Task<T>> send, CancellationToken ct)
        where T : class
    {
        try
        {
            return await send(ct);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
        {
            return null;
        }
        catch (AmazonServiceException e)
        {
            throw Refused(what, e);
        }
        catch (CloudletException)
        {
            throw;
        }
        catch (Exception e) when (e.InnerException is CloudletException refused)
        {
            throw new CloudletException(refused.Kind, $"{_shown}: can't {what}: {refused.Message}", e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(ErrorKind.Timeout, $"{_shown}: can't {what}: no answer", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or AmazonClientException)
        {
            throw new CloudletException(ErrorKind.Unreachable, $"{_shown}: can't {what}: {ConnectionErrors.Found(e)}", e);
        }
    }

    /// <summary>The same for a request whose answer has to exist.</summary>
    public async Task<T> RequireAsync<T>(string what, Func<CancellationToken, Task<T>> send, CancellationToken ct)
        where T : class =>
        await TryAsync(what, send, ct) ?? throw new CloudletException(ErrorKind.NotFound, $"{_shown}: can't {what}: it does not exist");

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        _http.Dispose();
    }

    /// <summary>The server's own text is left out: it may repeat parts of the signature.</summary>
    private CloudletException Refused(string what, AmazonServiceException e)
    {
        var (kind, advice) = ((int)e.StatusCode, e.ErrorCode) switch
        {
            (_, "NoSuchBucket") => (ErrorKind.NotFound, "there is no such bucket: create it, or correct the place"),
            (401 or 403, _) => (
                ErrorKind.PermissionDenied,
                "the account was refused: compare AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and its rights to the bucket"
            ),
            (0, _) => (ErrorKind.Unreachable, ConnectionErrors.Found(e)),
            (429 or 503, _) => (ErrorKind.Busy, "the server has too much to do"),
            (507, _) => (ErrorKind.NoSpace, "the server has no room left"),
            (>= 500, _) => (ErrorKind.Unreachable, "the server has an error of its own: see its log"),
            _ => (ErrorKind.InvalidInput, "the server refused the request"),
        };
        var code = e.ErrorCode is { Length: > 0 and < 60 } word && word.All(char.IsAsciiLetterOrDigit) ? $" {word}" : "";
        var status = (int)e.StatusCode == 0 ? "" : $" (HTTP {(int)e.StatusCode}{code})";
        return new CloudletException(kind, $"{_shown}: can't {what}: {advice}{status}", e);
    }

    /// <summary>Gives the client our connections, and refuses other servers than the named one: the account is for that one.</summary>
    private sealed class Ours(StoreHttp http, Uri endpoint) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(new OneServer(http.Handler, endpoint), disposeHandler: false) { Timeout = System.Threading.Timeout.InfiniteTimeSpan };

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }

    private sealed class OneServer(HttpMessageHandler inner, Uri endpoint) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!StoreHttp.IsSame(request.RequestUri!, endpoint))
                throw Elsewhere(request.RequestUri);
            var answer = await base.SendAsync(request, cancellationToken);
            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308))
                return answer;
            using (answer)
                throw Elsewhere(answer.Headers.Location);
        }

        private static CloudletException Elsewhere(Uri? to) =>
            new(
                ErrorKind.InvalidInput,
                $"the server redirects to {(to is { IsAbsoluteUri: true } ? to.GetLeftPart(UriPartial.Authority) : "another place")}, which "
                    + "does not get the account: correct AWS_ENDPOINT_URL or AWS_REGION"
            );
    }
}
