using System.Text;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;

namespace Cloudlet.Stores.Oci;

/// <summary>
/// An account of a registry, from the files that <c>docker login</c>, <c>podman login</c> and <c>oras login</c> write. It is never printed.
/// </summary>
internal sealed class RegistryAccount
{
    private const int LongestFile = 1 << 20;

    private RegistryAccount(string basic) => Basic = basic;

    /// <summary>Value for HTTP's Basic authentication.</summary>
    public string Basic { get; }

    /// <summary>The account for a registry; null: there is none, and the registry is asked without.</summary>
    /// <param name="host">Host and port.</param>
    /// <param name="options">Its environment says where the files are.</param>
    public static RegistryAccount? Find(string host, StoreOptions options) =>
        Files(options).Where(File.Exists).Select(file => Read(file, host)).FirstOrDefault(static a => a is not null);

    /// <summary>The files, the most specific first.</summary>
    private static IEnumerable<string> Files(StoreOptions options)
    {
        if (options.Value("REGISTRY_AUTH_FILE") is { } named)
            yield return named;
        if (options.Value("DOCKER_CONFIG") is { } folder)
            yield return Path.Combine(folder, "config.json");
        if (options.Value("XDG_RUNTIME_DIR") is { } run)
            yield return Path.Combine(run, "containers", "auth.json");
        if (options.Home is { } home)
            yield return Path.Combine(home, ".docker", "config.json");
    }

    private static RegistryAccount? Read(string file, string host)
    {
        try
        {
            if (new FileInfo(file).Length > LongestFile)
                throw new CloudletException(ErrorKind.InvalidInput, $"{file} is larger than {LongestFile} bytes");
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var root = document.RootElement;
            foreach (var name in (string[])[host, $"https://{host}", $"https://{host}/", $"https://{host}/v1/", $"https://{host}/v2/"])
                if (Part(Part(root, "auths"), name) is { ValueKind: JsonValueKind.Object } entry && Of(entry) is { } account)
                    return account;
            return Part(Part(root, "credHelpers"), host).ValueKind == JsonValueKind.String
                ? throw new CloudletException(
                    ErrorKind.Unsupported,
                    $"{file} keeps the account for {host} in a helper program, which is not started: log in with a file of your own "
                        + "(REGISTRY_AUTH_FILE=FILE podman login, oras login --registry-config FILE)"
                )
                : null;
        }
        catch (JsonException e)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"{file} is not valid JSON", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.PermissionDenied, $"{file} can't be read: {e.Message}", e);
        }
    }

    private static RegistryAccount? Of(JsonElement entry)
    {
        if (Text(entry, "auth") is { Length: > 0 } auth)
            return new RegistryAccount(auth);
        return Text(entry, "username") is { Length: > 0 } user && Text(entry, "password") is { } password
            ? new RegistryAccount(Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")))
            : null;
    }

    private static JsonElement Part(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found) ? found : default;

    private static string? Text(JsonElement value, string name) =>
        Part(value, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
