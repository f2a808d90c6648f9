using System.Collections.Concurrent;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.Machine.Files;
using Cloudlet.OpenStack;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Cloud;

/// <summary>Clients of the described clouds, shared by all kinds: one login serves all of them.</summary>
/// <param name="files">The host's files, for passwords and certificates.</param>
/// <param name="clock">Measures the age of tokens.</param>
public sealed class CloudClients(IHostFiles files, TimeProvider clock)
{
    private readonly ConcurrentDictionary<(CloudApi Api, DateTime Certificates), CloudClient> _clients = [];

    /// <summary>The client for an account. Other certificates in its file make another client.</summary>
    /// <exception cref="Errors.CloudletException">NotFound: the file of certificates is missing or damaged.</exception>
    public CloudClient Of(CloudApi api)
    {
        var key = (api, api.CaFile is null ? default : File.GetLastWriteTimeUtc(api.CaFile));
        return _clients.TryGetValue(key, out var known) ? known : _clients.GetOrAdd(key, Make(api));
    }

    private CloudClient Make(CloudApi api) =>
        new(
            new CloudLogin(new Uri(api.AuthUrl), api.Username) { Project = api.Project },
            () => SecretFile.ReadLine(files, api.SecretFile, $"cloud {api.AuthUrl}"),
            CloudHttp.Create(api.CaFile),
            clock
        )
        {
            Region = api.Region,
        };
}
