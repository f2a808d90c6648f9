using System.Collections.Concurrent;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.OpenStack;

namespace Cloudlet.Resources.Cloud;

/// <summary>A cloud as it is during one observation or one change: each collection is listed at most once.</summary>
/// <param name="client">Sends the requests.</param>
/// <param name="ct">Cancels them.</param>
internal sealed class CloudView(CloudClient client, CancellationToken ct)
{
    private readonly ConcurrentDictionary<string, Task<IReadOnlyList<JsonElement>>> _lists = new(StringComparer.Ordinal);

    public CloudClient Client => client;

    public CancellationToken Ct => ct;

    /// <summary>All objects of a collection.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(CloudCollection collection) =>
        await ListAsync(collection, await PathOfAsync(collection));

    /// <summary>Objects of a collection.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="path">Path with filters.</param>
    public Task<IReadOnlyList<JsonElement>> ListAsync(CloudCollection collection, string path) =>
        _lists.GetOrAdd(path, p => client.ListAsync(collection.Service, p, collection.List, ct));

    /// <summary>The object with a name; null: there is none.</summary>
    /// <exception cref="CloudletException">Obstructed: there are several.</exception>
    public async Task<JsonElement?> FindAsync(CloudCollection collection, string name) =>
        One(await ListAsync(collection), collection, name);

    /// <summary>The only one of these objects with a name.</summary>
    public static JsonElement? One(IEnumerable<JsonElement> objects, CloudCollection collection, string name)
    {
        JsonElement[] found = [.. objects.Where(o => o.Text("name") == name)];
        return found.Length switch
        {
            0 => null,
            1 => found[0],
            _ => throw new CloudletException(
                ErrorKind.Obstructed,
                $"{found.Length} {collection.Noun}s are named \"{name}\" (ids {string.Join(", ", found.Take(5).Select(IdOf))}), so it is "
                    + "not known which is meant: rename or delete all but one"
            ),
        };
    }

    /// <summary>The id of an object.</summary>
    /// <exception cref="CloudletException">Unexpected: it has none.</exception>
    public static string IdOf(JsonElement row) =>
        row.Text("id") is { Length: > 0 } id
            ? id
            : throw new CloudletException(ErrorKind.Unexpected, "a service answered with an object without an id");

    /// <summary>The id of the object with a name.</summary>
    /// <exception cref="CloudletException">NotFound: there is none. Obstructed: there are several.</exception>
    public async Task<string> IdOfAsync(CloudCollection collection, string name) =>
        await FindAsync(collection, name) is { } found
            ? IdOf(found)
            : throw new CloudletException(
                ErrorKind.NotFound,
                $"the cloud has no {collection.Noun} \"{name}\"; describe it, or correct the name"
            );

    /// <summary>The name of the object with an id; the id itself for one that the account does not see.</summary>
    public async Task<string> NameOfAsync(CloudCollection collection, string id) =>
        (await ListAsync(collection)).FirstOrDefault(o => o.Text("id") == id).Text("name") ?? id;

    /// <summary>Sends a request and forgets what was listed.</summary>
    public async Task<JsonElement> SendAsync(CloudRequest request)
    {
        var answer = await client.SendAsync(request, ct);
        _lists.Clear();
        return answer;
    }

    private async Task<string> PathOfAsync(CloudCollection collection) =>
        collection.Owner is { } owner
            ? $"{collection.Path}?{owner}={Uri.EscapeDataString(await client.ProjectIdAsync(ct))}"
            : collection.ListPath ?? collection.Path;
}
