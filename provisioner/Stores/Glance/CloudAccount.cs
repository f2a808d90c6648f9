using Cloudlet.Errors;
using Cloudlet.OpenStack;
using Cloudlet.Stores.Http;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cloudlet.Stores.Glance;

/// <summary>
/// An account of a cloud: from the environment, as an openrc file sets it, or from <c>clouds.yaml</c>. The password is not printed.
/// </summary>
internal sealed class CloudAccount
{
    private readonly Func<string, string?> _value;
    private readonly string _from;

    private CloudAccount(Func<string, string?> value, string from) => (_value, _from) = (value, from);

    /// <summary>The account.</summary>
    /// <param name="cloud">Name in clouds.yaml; empty: the environment, or the cloud that OS_CLOUD names.</param>
    /// <param name="options">The environment.</param>
    public static CloudAccount Find(string cloud, StoreOptions options)
    {
        var name = cloud.Length > 0 ? cloud : options.Value("OS_CLOUD");
        if (name is null)
            return new CloudAccount(key => options.Value(Variable(key)), "the environment (an openrc file sets it)");
        string?[] files =
        [
            options.Value("OS_CLIENT_CONFIG_FILE"),
            "clouds.yaml",
            options.Home is { } home ? Path.Combine(home, ".config", "openstack", "clouds.yaml") : null,
            "/etc/openstack/clouds.yaml",
        ];
        var file =
            Array.Find(files, File.Exists)
            ?? throw new CloudletException(
                ErrorKind.NotFound,
                $"no clouds.yaml for the cloud '{name}': expected ./clouds.yaml, ~/.config/openstack/clouds.yaml or "
                    + "/etc/openstack/clouds.yaml; or use glance:// with an openrc file"
            );
        var values = Read(file, name);
        return new CloudAccount(key => values.GetValueOrDefault(key) is { Length: > 0 } value ? value : null, $"cloud '{name}' of {file}");
    }

    /// <summary>A client that logs in with the account.</summary>
    public CloudClient Connect()
    {
        string[] needed = ["auth_url", "username", "password", "project_name"];
        if (needed.Where(n => _value(n) is null).Select(n => $"{n} ({Variable(n)})").ToList() is { Count: > 0 } missing)
            throw new CloudletException(ErrorKind.NotFound, $"no account for Glance: {_from} lacks {string.Join(", ", missing)}");
        if (!Uri.TryCreate(_value("auth_url"), UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new CloudletException(ErrorKind.InvalidInput, $"auth_url of {_from} is not a URL such as https://192.0.2.1:5000/v3");
        var login = new CloudLogin(url, _value("username")!)
        {
            UserDomain = _value("user_domain_name") ?? CloudLogin.UsualDomain,
            Project = _value("project_name"),
            ProjectDomain = _value("project_domain_name") ?? CloudLogin.UsualDomain,
        };
        var password = _value("password")!;
        return new CloudClient(login, () => password, CloudHttp.Create(_value("cacert")), TimeProvider.System)
        {
            Region = _value("region_name"),
        };
    }

    private static string Variable(string key) => $"OS_{key.ToUpperInvariant()}";

    /// <summary>The scalars of a cloud and of its <c>auth</c>.</summary>
    private static Dictionary<string, string> Read(string file, string name)
    {
        var values = new Dictionary<string, string>();
        try
        {
            var yaml = new YamlStream();
            using (var reader = File.OpenText(file))
                yaml.Load(reader);
            var root = yaml.Documents.Count > 0 ? yaml.Documents[0].RootNode : null;
            if (Part(Part(root, "clouds"), name) is not YamlMappingNode cloud)
                throw new CloudletException(ErrorKind.NotFound, $"{file} has no cloud '{name}'");
            foreach (var part in new[] { cloud, Part(cloud, "auth") }.OfType<YamlMappingNode>())
            foreach (var (key, value) in part.Children)
                if (key is YamlScalarNode { Value: { } word } && value is YamlScalarNode { Value: { } text })
                    values[word] = text;
            return values;
        }
        catch (YamlException e)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"{file} is not valid YAML (line {e.Start.Line})", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.PermissionDenied, $"{file} can't be read: {e.Message}", e);
        }
    }

    private static YamlNode? Part(YamlNode? node, string name) =>
        node is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(name), out var found) ? found : null;
}
