using Cloudlet.Errors;
using Cloudlet.Stores.Http;

namespace Cloudlet.Stores.S3;

/// <summary>
/// An account of an object store, as the tools of S3 name it: from the environment, else from a profile of the file of credentials. It is
/// never printed.
/// </summary>
internal sealed class AwsKeys
{
    private AwsKeys(string id, string secret, string? session) => (Id, Secret, Session) = (id, secret, session);

    /// <summary>The access key.</summary>
    public string Id { get; }

    /// <summary>The secret key.</summary>
    public string Secret { get; }

    /// <summary>Token of a session; null: the keys are permanent.</summary>
    public string? Session { get; }

    /// <summary>The keys; NotFound when there are none.</summary>
    public static AwsKeys Find(StoreOptions options)
    {
        if (options.Value("AWS_ACCESS_KEY_ID") is { } id && options.Value("AWS_SECRET_ACCESS_KEY") is { } secret)
            return new AwsKeys(id, secret, options.Value("AWS_SESSION_TOKEN"));
        var profile = options.Value("AWS_PROFILE") ?? "default";
        var file =
            options.Value("AWS_SHARED_CREDENTIALS_FILE") ?? (options.Home is { } home ? Path.Combine(home, ".aws", "credentials") : null);
        var found = file is not null && File.Exists(file) ? Profile(file, profile) : [];
        return found.TryGetValue("aws_access_key_id", out var key) && found.TryGetValue("aws_secret_access_key", out var its)
            ? new AwsKeys(key, its, found.GetValueOrDefault("aws_session_token"))
            : throw new CloudletException(
                ErrorKind.NotFound,
                "no account for the object store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the profile "
                    + $"'{profile}' in {file ?? "~/.aws/credentials"}"
            );
    }

    /// <summary>The keys and values of one section.</summary>
    private static Dictionary<string, string> Profile(string file, string profile)
    {
        var values = new Dictionary<string, string>();
        var isInside = false;
        foreach (var line in File.ReadLines(file).Select(static l => l.Trim()))
            if (line.StartsWith('['))
                isInside = line.Trim('[', ']', ' ') == profile;
            else if (isInside && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
                values[line[..at].Trim()] = line[(at + 1)..].Trim();
        return values;
    }
}
