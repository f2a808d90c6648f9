using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Collect;

/// <summary>Answers about what was asked: a server's ports and image, a port, a login, and what projects and networks have left.</summary>
/// <param name="api">Sends the requests.</param>
/// <param name="access">Where the services are.</param>
internal sealed class AskedEvidence(ApiEvidence api, CloudAccess access)
{
    private const int MostProjects = 16;

    /// <summary>Collects.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="server">The server that was found for it; null: none.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<IReadOnlyList<Exhibit>> CollectAsync(EvidenceRequest request, Exhibit? server, CancellationToken ct)
    {
        List<Exhibit> exhibits = [];
        if (access.Network is not null)
        {
            if (PortsOf(request, server) is { } query)
                exhibits.Add(await NetworkAsync(ExhibitIds.Ports, $"ports?{query}", ct));
            exhibits.Add(await NetworkAsync(ExhibitIds.Subnets, "subnets", ct));
            exhibits.Add(await NetworkAsync(ExhibitIds.Availability, "network-ip-availabilities", ct));
        }

        if (access.Find("image") is { } glance && server is not null)
            exhibits.AddRange(await ImagesAsync(glance, ApiEvidence.Inner(server, "server", "image", "id"), ct));
        if (access.Find("identity") is { } keystone)
        {
            exhibits.AddRange(await QuotasAsync(keystone, ct));
            if (request.Login is { } login)
                exhibits.AddRange(await LoginAsync(keystone, login, ct));
        }

        return exhibits;
    }

    private static string? PortsOf(EvidenceRequest request, Exhibit? server) =>
        request.Port is { } port ? $"id={Uri.EscapeDataString(port)}"
        : server is not null ? $"device_id={Uri.EscapeDataString(server.Id[ExhibitIds.Server("").Length..])}"
        : null;

    private Task<Exhibit> NetworkAsync(string id, string path, CancellationToken ct) =>
        api.AskAsync(id, new Uri($"{Base(access.Network!).Replace("/v2.0", "", StringComparison.Ordinal)}/v2.0/{path}"), access, null, ct);

    private async Task<IReadOnlyList<Exhibit>> ImagesAsync(Uri glance, string? id, CancellationToken ct)
    {
        if (id is null)
            return [];
        var image = await ImageAsync(glance, id, ct);
        List<Exhibit> exhibits = [image];
        foreach (var part in (string[])["kernel_id", "ramdisk_id"])
            if (ApiEvidence.Inner(image, part) is { Length: > 0 } other)
                exhibits.Add(await ImageAsync(glance, other, ct));
        return exhibits;
    }

    private Task<Exhibit> ImageAsync(Uri glance, string id, CancellationToken ct) =>
        api.AskAsync(
            ExhibitIds.Image(id),
            new Uri($"{Base(glance).Replace("/v2", "", StringComparison.Ordinal)}/v2/images/{Uri.EscapeDataString(id)}"),
            access,
            null,
            ct
        );

    private async Task<IReadOnlyList<Exhibit>> QuotasAsync(Uri keystone, CancellationToken ct)
    {
        var projects = await api.AskAsync("api:projects", new Uri($"{Identity(keystone)}/projects"), access, null, ct);
        List<Exhibit> exhibits = [];
        foreach (
            var id in ApiEvidence.Values(projects, "projects").Select(p => ApiEvidence.Text(p, "id")).OfType<string>().Take(MostProjects)
        )
            exhibits.Add(
                await api.AskAsync(
                    ExhibitIds.Quota(id),
                    new Uri($"{Base(access.Compute)}/os-quota-sets/{Uri.EscapeDataString(id)}/detail"),
                    access,
                    null,
                    ct
                )
            );
        return exhibits;
    }

    private async Task<IReadOnlyList<Exhibit>> LoginAsync(Uri keystone, string name, CancellationToken ct)
    {
        var user = await api.AskAsync(
            ExhibitIds.Account(name),
            new Uri($"{Identity(keystone)}/users?name={Uri.EscapeDataString(name)}"),
            access,
            null,
            ct
        );
        return ApiEvidence.Values(user, "users") is [var first, ..] && ApiEvidence.Text(first, "id") is { } id
            ?
            [
                user,
                await api.AskAsync(
                    ExhibitIds.Roles(name),
                    new Uri($"{Identity(keystone)}/role_assignments?effective&user.id={Uri.EscapeDataString(id)}"),
                    access,
                    null,
                    ct
                ),
            ]
            : [user];
    }

    private static string Base(Uri url) => url.ToString().TrimEnd('/');

    private static string Identity(Uri url) => Base(url).EndsWith("/v3", StringComparison.Ordinal) ? Base(url) : $"{Base(url)}/v3";
}
