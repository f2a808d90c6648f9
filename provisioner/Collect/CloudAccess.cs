using Cloudlet.Errors;
using Cloudlet.OpenStack;

namespace Cloudlet.Collect;

/// <summary>Where the services answer, and the account for them.</summary>
/// <param name="Token">Value of X-Auth-Token.</param>
/// <param name="Compute">Nova, with its version: http://host:8774/v2.1.</param>
/// <param name="Placement">Placement.</param>
/// <param name="Network">Neutron, without a version; null without Neutron.</param>
internal sealed record CloudAccess(string Token, Uri Compute, Uri Placement, Uri? Network)
{
    /// <summary>Everything that the catalog names; nothing without Keystone.</summary>
    public IReadOnlyList<CatalogEndpoint> Catalog { get; init; } = [];

    /// <summary>The internal endpoint of a type, else the public one; null: the catalog has none.</summary>
    public Uri? Find(string type) =>
        (
            Catalog.FirstOrDefault(e => e.Type == type && e.Interface == "internal")
            ?? Catalog.FirstOrDefault(e => e.Type == type && e.Interface == "public")
        )?.Url;

    /// <summary>True when the environment names an account.</summary>
    public static bool IsNamed(Func<string, string?> environment) =>
        Array.TrueForAll(Needed, name => !string.IsNullOrEmpty(environment(name)));

    /// <summary>What a token gives access to.</summary>
    /// <exception cref="CloudletException">NotFound: the catalog lacks Nova or Placement.</exception>
    public static CloudAccess Of(CloudToken token) =>
        new(
            token.Value,
            token.Find("compute") ?? throw NoService("compute"),
            token.Find("placement") ?? throw NoService("placement"),
            token.Find("network")
        )
        {
            Catalog = token.Catalog,
        };

    /// <summary>Environment variables under the names that OpenStack's clients use; an openrc file sets them.</summary>
    private static readonly string[] Needed = ["OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME"];

    /// <summary>
    /// Logs in: at keystone if the environment names an account; without keystone (<c>[api] auth_strategy = noauth2</c>) at the services on
    /// the host's loopback.
    /// </summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="isWithoutKeystone">True when Nova's configuration turns keystone off.</param>
    /// <param name="client">Sends the requests.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="CloudletException">NotFound: the environment names no account and keystone is in use. Unreachable,
    /// PermissionDenied: keystone does not answer, or refuses. The message contains no secrets.</exception>
    public static async Task<CloudAccess> LogInAsync(
        Func<string, string?> environment,
        bool isWithoutKeystone,
        HttpClient client,
        CancellationToken ct
    )
    {
        var missing = Needed.Where(name => string.IsNullOrEmpty(environment(name))).ToList();
        if (missing.Count == 0)
            return await KeystoneAsync(environment, client, ct);
        if (isWithoutKeystone)
            return new CloudAccess(
                "admin:admin",
                new Uri("http://127.0.0.1:8774/v2.1"),
                new Uri("http://127.0.0.1:8778"),
                new Uri("http://127.0.0.1:9696")
            );
        throw new CloudletException(
            ErrorKind.NotFound,
            $"no account for the API: {string.Join(", ", missing)} not set; run it on the host with an openrc file (`. "
                + "openrc; cloudlet explain`)"
        );
    }

    private static async Task<CloudAccess> KeystoneAsync(Func<string, string?> environment, HttpClient client, CancellationToken ct)
    {
        if (!Uri.TryCreate(environment("OS_AUTH_URL"), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new CloudletException(ErrorKind.InvalidInput, "OS_AUTH_URL is not a URL such as http://192.0.2.1:5000/v3");
        var login = new CloudLogin(url, environment("OS_USERNAME")!)
        {
            UserDomain = environment("OS_USER_DOMAIN_NAME") ?? CloudLogin.UsualDomain,
            Project = environment("OS_PROJECT_NAME"),
            ProjectDomain = environment("OS_PROJECT_DOMAIN_NAME") ?? CloudLogin.UsualDomain,
        };
        var token = await Keystone.LogInAsync(new CloudHttp(client), login, environment("OS_PASSWORD")!, ct);
        return Of(token);
    }

    private static CloudletException NoService(string type) => new(ErrorKind.NotFound, $"keystone's catalog has no service of type {type}");
}
