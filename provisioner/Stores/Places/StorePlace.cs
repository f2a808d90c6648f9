using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Stores.Folders;
using Cloudlet.Stores.Glance;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Oci;
using Cloudlet.Stores.S3;
using Cloudlet.Stores.Web;

namespace Cloudlet.Stores.Places;

/// <summary>
/// The name of a store, and of an item in it: <c>file:///dir</c>, <c>https://host/path/</c>, <c>glance://[cloud]</c>,
/// <c>s3://bucket/prefix</c>, <c>oci://host:port/repository</c>, each with <c>#NAME</c> for one item.
/// </summary>
public sealed partial class StorePlace
{
    private StorePlace(Uri url, string? item) => (Url, Item) = (url, item);

    /// <summary>The store.</summary>
    public Uri Url { get; }

    /// <summary>Name or id of an item; null: none was given.</summary>
    public string? Item { get; }

    /// <summary>
    /// Reads a place; InvalidInput when it is not valid, or has a password in it. An absolute path is a folder.
    /// </summary>
    public static StorePlace Parse(string text)
    {
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var (place, item) = hash < 0 ? (text, null) : (text[..hash], text[(hash + 1)..]);
        if (item is not null && !ItemPattern().IsMatch(item))
            throw Invalid(text, $"'{item}' is not a name or id of an item (lower-case letters, digits, dashes; base/NAME or overlay/NAME)");
        if (!Uri.TryCreate(place.StartsWith('/') ? Path.GetFullPath(place) : place, UriKind.Absolute, out var url))
            throw Invalid(text, "");
        if (url.UserInfo.Length > 0)
            throw Invalid(
                Redacted(url),
                "names and passwords do not belong into a place: docs/guides/stores.md says where each store takes them from"
            );
        if (url.Query.Length > 0)
            throw Invalid(text, "a place has no query");
        return new StorePlace(url, item);
    }

    /// <summary>Opens the store; it is connected to by its first use.</summary>
    public IStore Open(StoreOptions options) =>
        Url.Scheme switch
        {
            "file" when Url.Host.Length == 0 => new FolderStore(Path.TrimEndingDirectorySeparator(Url.LocalPath)),
            "http" or "https" => new WebStore(WithSlash(Url), options),
            "glance" when Url.AbsolutePath is "" or "/" => GlanceStore.Connect(Url.Host, options),
            "s3" when Url.Host.Length > 0 => OpenBucket(options),
            "oci" when Url.Host.Length > 0 => OpenRepository(options),
            _ => throw Invalid(Url.OriginalString, ""),
        };

    private S3Store OpenBucket(StoreOptions options)
    {
        var named = options.Value("AWS_ENDPOINT_URL_S3") ?? options.Value("AWS_ENDPOINT_URL");
        Uri? endpoint = null;
        if (named is not null && (!Uri.TryCreate(named, UriKind.Absolute, out endpoint) || endpoint.Scheme is not ("http" or "https")))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"AWS_ENDPOINT_URL is '{named}', expected a URL such as https://192.0.2.1:8080"
            );
        if (endpoint is not null)
            RequireTls(endpoint, options);
        var prefix = Url.AbsolutePath.Trim('/');
        if (prefix.Length > 0 && !PathPattern().IsMatch(prefix))
            throw Invalid(Url.OriginalString, "a prefix has letters, digits, dots, dashes and slashes");
        return new S3Store(endpoint, Url.Host, prefix.Length == 0 ? "" : $"{prefix}/", options);
    }

    private OciStore OpenRepository(StoreOptions options)
    {
        var repository = Url.AbsolutePath.Trim('/');
        if (!RepositoryPattern().IsMatch(repository))
            throw Invalid(
                Url.OriginalString,
                $"'{repository}' is not a valid repository: lower-case letters and digits, and between them . - _ or /"
            );
        var isPlain = Url.IsLoopback || options.AllowsPlainHttp;
        return new OciStore(new Uri($"{(isPlain ? "http" : "https")}://{Url.Authority}"), repository, options);
    }

    private static void RequireTls(Uri endpoint, StoreOptions options)
    {
        if (endpoint.Scheme != "https" && !endpoint.IsLoopback && !options.AllowsPlainHttp)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{endpoint.GetLeftPart(UriPartial.Authority)} has no TLS, so others on the way could read and change everything: use "
                    + "https, or say --insecure"
            );
    }

    private static Uri WithSlash(Uri url) => url.AbsolutePath.EndsWith('/') ? url : new Uri($"{url.AbsoluteUri}/");

    private static string Redacted(Uri url) => $"{url.Scheme}://…@{url.Authority}{url.AbsolutePath}";

    private static CloudletException Invalid(string text, string why) =>
        new(
            ErrorKind.InvalidInput,
            $"'{text}' is not a valid place: "
                + (
                    why.Length > 0
                        ? why
                        : "expected file:///FOLDER, https://HOST/PATH/, glance://[CLOUD], s3://BUCKET/PREFIX or oci://HOST:PORT/REPOSITORY"
                )
        );

    [GeneratedRegex(
        @"^((base|overlay)/)?[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex ItemPattern();

    [GeneratedRegex(
        @"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex PathPattern();

    [GeneratedRegex(
        @"^[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex RepositoryPattern();
}
