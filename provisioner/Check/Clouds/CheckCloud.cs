using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Errors;
using Cloudlet.OpenStack;

namespace Cloudlet.Check.Clouds;

/// <summary>The cloud that is checked.</summary>
/// <param name="client">Sends the requests.</param>
/// <param name="name">Name of all that this check makes, or the beginning of it.</param>
/// <param name="ct">Cancels the check.</param>
internal sealed class CheckCloud(CloudClient client, string name, CancellationToken ct)
{
    /// <summary>Name of what the check makes.</summary>
    public string Name => name;

    public CancellationToken Ct => ct;

    /// <summary>Id of the account's project.</summary>
    public Task<string> ProjectAsync() => client.ProjectIdAsync(ct);

    /// <summary>True when the catalog has a service.</summary>
    public Task<bool> HasAsync(string service) => client.HasAsync(service, ct);

    /// <summary>All objects of a collection.</summary>
    public Task<IReadOnlyList<JsonElement>> ListAsync(string service, string path, string key) => client.ListAsync(service, path, key, ct);

    /// <summary>
    /// Makes an object. The request is not cancelled: one that the service has received may be carried out all the same, and what it makes
    /// would be missed by the deletion that follows.
    /// </summary>
    /// <param name="service">Type of the service.</param>
    /// <param name="path">Path of the collection.</param>
    /// <param name="key">Name of the object in the request and in the answer; null: it has none.</param>
    /// <param name="body">Its properties.</param>
    public async Task<JsonElement> CreateAsync(string service, string path, string? key, JsonObject body)
    {
        ct.ThrowIfCancellationRequested();
        var answer = await client.SendAsync(
            new CloudRequest(HttpMethod.Post, service, path) { Body = key is null ? body : new JsonObject { [key] = body } },
            CancellationToken.None
        );
        ct.ThrowIfCancellationRequested();
        return key is null ? answer : answer.Part(key);
    }

    /// <summary>Sends a request that makes no object.</summary>
    public Task<JsonElement> SendAsync(CloudRequest request) => client.SendAsync(request, ct);

    /// <summary>Deletes an object; one that does not exist is deleted.</summary>
    public async Task DeleteAsync(string service, string path)
    {
        try
        {
            await client.SendAsync(new CloudRequest(HttpMethod.Delete, service, path), ct);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            // Deleted meanwhile.
        }
    }

    /// <summary>Id of an object.</summary>
    /// <exception cref="CloudletException">Unexpected: it has none.</exception>
    public static string IdOf(JsonElement found) =>
        found.Text("id") is { Length: > 0 } id
            ? id
            : throw new CloudletException(ErrorKind.Unexpected, "a service answered with an object without an id; see its log");

    /// <summary>The only object with a name.</summary>
    /// <exception cref="CloudletException">NotFound: there is none. Obstructed: there are several.</exception>
    public static JsonElement OnlyOne(IEnumerable<JsonElement> objects, string noun, string wanted)
    {
        JsonElement[] found = [.. objects.Where(o => o.Text("name") == wanted)];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new CloudletException(ErrorKind.NotFound, $"the cloud has no {noun} \"{wanted}\"; correct the name"),
            _ => throw new CloudletException(
                ErrorKind.Obstructed,
                $"{found.Length} {noun}s are named \"{wanted}\", so it is not known which is meant: rename or delete all but one"
            ),
        };
    }
}
