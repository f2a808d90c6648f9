using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Check.Steps;
using Cloudlet.Errors;
using Cloudlet.OpenStack;

namespace Cloudlet.Check.Clouds;

/// <summary>
/// What checks made in a cloud. It is found by its names, so that also that is deleted which a killed check left, or whose answer was lost.
/// </summary>
/// <param name="cloud">The cloud; its name is the beginning of the names.</param>
/// <param name="wait">Waits and reports.</param>
internal sealed class MadeObjects(CheckCloud cloud, StepWait wait)
{
    /// <summary>A collection with objects of checks.</summary>
    /// <param name="Service">Type of the service.</param>
    /// <param name="Path">Path of the collection.</param>
    /// <param name="Key">Name of the list in an answer.</param>
    /// <param name="Noun">Name of one object in messages.</param>
    private sealed record Made(string Service, string Path, string Key, string Noun)
    {
        /// <summary>What follows the path in a list.</summary>
        public string List { get; init; } = "";

        /// <summary>The property with the name.</summary>
        public string Label { get; init; } = "name";
    }

    private const string Servers = "/servers";
    private const string Routers = "/routers";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>In the order in which they can be deleted. A subnet is deleted with its network.</summary>
    private static readonly Made[] All =
    [
        new(ServiceTypes.Compute, Servers, "servers", "server") { List = "/detail" },
        new(ServiceTypes.Network, "/floatingips", "floatingips", "floating IP") { Label = "description" },
        new(ServiceTypes.Network, Routers, "routers", "router"),
        new(ServiceTypes.Network, "/ports", "ports", "port"),
        new(ServiceTypes.Network, "/networks", "networks", "network"),
        new(ServiceTypes.Network, "/security-groups", "security_groups", "security group"),
        new(ServiceTypes.Image, "/images", "images", "image"),
        new(ServiceTypes.Compute, "/flavors", "flavors", "flavor") { List = "/detail?is_public=None" },
    ];

    /// <summary>Deletes everything, and looks again until nothing is left.</summary>
    /// <param name="insists">True: an error is retried, because it may pass; false: it is thrown.</param>
    /// <returns>How many objects were deleted.</returns>
    /// <exception cref="CloudletException">Something is left: the message names it.</exception>
    public async Task<int> DeleteAsync(bool insists)
    {
        var deleted = new HashSet<string>(StringComparer.Ordinal);
        var (left, error) = (new List<string>(), (CloudletException?)null);
        var isGone = await wait.UntilAsync(PassAsync, () => $"deleting {Short(left)}", Limit, Pause, cloud.Ct);
        return isGone
            ? deleted.Count
            : throw new CloudletException(
                error?.Kind ?? ErrorKind.Timeout,
                $"not deleted within {Limit.TotalSeconds:0} s: {string.Join(", ", left)}"
                    + $"{(error is null ? "" : $"; {error.Message}")}. The next check from this host deletes them; or delete them by hand"
            );

        async Task<bool> PassAsync()
        {
            (left, error) = ([], null);
            foreach (var kind in All)
                try
                {
                    foreach (var found in await FindAsync(kind))
                    {
                        left.Add($"{kind.Noun} {found.Text(kind.Label)} ({found.Text("id")})");
                        await DeleteAsync(kind, CheckCloud.IdOf(found));
                        deleted.Add(CheckCloud.IdOf(found));
                    }

                    // Its ports and images are in use until it has ended.
                    if (kind.Path == Servers && left.Count > 0)
                        await wait.UntilAsync(AreServersGoneAsync, () => "the server to end", Limit, Pause, cloud.Ct);
                }
                catch (CloudletException e) when (insists)
                {
                    error ??= e;
                    left.Add($"{kind.Noun}s");
                }

            return left.Count == 0;
        }

        async Task<bool> AreServersGoneAsync() => (await FindAsync(All[0])).Count == 0;
    }

    private static string Short(List<string> left) =>
        left.Count switch
        {
            0 => "",
            1 => left[0],
            _ => $"{left[0]} and {left.Count - 1} more",
        };

    private async Task<IReadOnlyList<JsonElement>> FindAsync(Made kind)
    {
        if (!await cloud.HasAsync(kind.Service))
            return [];
        var filter = kind.Service == ServiceTypes.Network ? $"?project_id={Uri.EscapeDataString(await cloud.ProjectAsync())}" : "";
        var all = await cloud.ListAsync(kind.Service, kind.Path + kind.List + filter, kind.Key);
        return [.. all.Where(o => o.Text(kind.Label)?.StartsWith(cloud.Name, StringComparison.Ordinal) == true)];
    }

    private async Task DeleteAsync(Made kind, string id)
    {
        if (kind.Path == Routers)
            foreach (var port in await cloud.ListAsync(kind.Service, $"/ports?device_id={id}", "ports"))
            foreach (var address in port.Items("fixed_ips"))
                if (port.Text("device_owner")?.StartsWith("network:router_interface", StringComparison.Ordinal) == true)
                    await cloud.SendAsync(
                        new CloudRequest(HttpMethod.Put, kind.Service, $"{Routers}/{id}/remove_router_interface")
                        {
                            Body = new JsonObject { ["subnet_id"] = address.Text("subnet_id") },
                        }
                    );
        await cloud.DeleteAsync(kind.Service, $"{kind.Path}/{id}");
    }
}
