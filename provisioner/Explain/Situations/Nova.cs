using System.Globalization;
using System.Text.Json;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>A record of Nova's services.</summary>
internal sealed record NovaService(string Binary, string Host)
{
    public string? Zone { get; init; }

    public bool IsDisabled { get; init; }

    /// <summary>Null when the answer does not say.</summary>
    public bool? IsUp { get; init; }

    public string? DisabledReason { get; init; }

    public bool IsForcedDown { get; init; }

    /// <summary>When it reported last, UTC.</summary>
    public DateTimeOffset? Updated { get; init; }

    public required string Quote { get; init; }

    public static IReadOnlyList<NovaService>? ReadAll(Notes notes) =>
        notes.Answer(ExhibitIds.Services) is { } exhibit && JsonText.List(exhibit, "services", notes) is { } list
            ? [.. list.Select(Read).OfType<NovaService>()]
            : null;

    private static NovaService? Read(JsonElement service) =>
        JsonText.Text(service, "binary") is not { } binary || JsonText.Text(service, "host") is not { } host
            ? null
            : new NovaService(binary, host)
            {
                Zone = JsonText.Text(service, "zone"),
                IsDisabled = JsonText.Text(service, "status") == "disabled",
                IsUp = JsonText.Text(service, "state") switch
                {
                    "up" => true,
                    "down" => false,
                    _ => null,
                },
                DisabledReason = JsonText.Text(service, "disabled_reason"),
                IsForcedDown = JsonText.Truth(service, "forced_down") == true,
                Updated = Times.Utc(JsonText.Text(service, "updated_at")),
                Quote = JsonText.Quote(service, "binary", "host", "status", "state", "disabled_reason", "forced_down", "updated_at"),
            };
}

/// <summary>A record of Nova's hypervisors.</summary>
internal sealed record Hypervisor(string Name)
{
    /// <summary>Host of its service.</summary>
    public string? Host { get; init; }

    /// <summary>my_ip of its process when that started.</summary>
    public string? Address { get; init; }

    public required string Quote { get; init; }

    public static IReadOnlyList<Hypervisor>? ReadAll(Notes notes) =>
        notes.Answer(ExhibitIds.Hypervisors) is { } exhibit && JsonText.List(exhibit, "hypervisors", notes) is { } list
            ? [.. list.Select(Read).OfType<Hypervisor>()]
            : null;

    private static Hypervisor? Read(JsonElement hypervisor) =>
        JsonText.Text(hypervisor, "hypervisor_hostname") is not { } name
            ? null
            : new Hypervisor(name)
            {
                Host = JsonText.Text(JsonText.Get(hypervisor, "service"), "host"),
                Address = JsonText.Text(hypervisor, "host_ip"),
                Quote = JsonText.Quote(hypervisor, "hypervisor_hostname", "host_ip", "state", "status", "service"),
            };
}

/// <summary>The server in question.</summary>
internal sealed record ServerState(string Id, string Exhibit)
{
    public string? Status { get; init; }

    public string? Zone { get; init; }

    public int? FaultCode { get; init; }

    public string? Fault { get; init; }

    public DateTimeOffset? FaultAt { get; init; }

    /// <summary>What it asks for, if the answer contains that.</summary>
    public FlavorState? Flavor { get; init; }

    public required string Quote { get; init; }

    /// <summary>Servers of a bundle, in its order.</summary>
    public static IReadOnlyList<ServerState> ReadAll(Bundle bundle, Notes notes) =>
        [.. bundle.StartingWith(ExhibitIds.Server("")).Select(e => Read(e, notes)).OfType<ServerState>()];

    private static ServerState? Read(Exhibit exhibit, Notes notes)
    {
        if (notes.Answer(exhibit) is null || JsonText.Object(exhibit, "server", notes) is not { } server)
            return null;
        var fault = JsonText.Get(server, "fault");
        return new ServerState(JsonText.Text(server, "id") ?? exhibit.Id[ExhibitIds.Server("").Length..], exhibit.Id)
        {
            Status = JsonText.Text(server, "status"),
            Zone = JsonText.Text(server, "OS-EXT-AZ:availability_zone"),
            FaultCode = (int?)JsonText.Integer(fault, "code"),
            Fault = JsonText.Text(fault, "message"),
            FaultAt = Times.Utc(JsonText.Text(fault, "created")),
            Flavor = JsonText.Get(server, "flavor") is { } flavor ? FlavorState.Read(flavor, exhibit.Id) : null,
            Quote = fault is { } said ? JsonText.Quote(said, "code", "message", "created") : JsonText.Quote(server, "status"),
        };
    }
}

/// <summary>What a flavor asks for, as placement counts it.</summary>
/// <param name="Name">Name or id.</param>
/// <param name="Exhibit">Where it is from.</param>
/// <param name="Asks">Resource class → amount.</param>
/// <param name="Quote">The answer's own words.</param>
internal sealed record FlavorState(string Name, string Exhibit, IReadOnlyDictionary<string, long> Asks, string Quote)
{
    public static FlavorState? ReadFirst(Bundle bundle, Notes notes)
    {
        foreach (var exhibit in bundle.StartingWith(ExhibitIds.Flavor("")))
        {
            if (
                notes.Answer(exhibit) is not null
                && JsonText.Object(exhibit, "flavor", notes) is { } flavor
                && Read(flavor, exhibit.Id) is { } read
            )
                return read;
        }

        return null;
    }

    /// <summary>Null when it asks for nothing known: older answers only have an id.</summary>
    public static FlavorState? Read(JsonElement flavor, string exhibit)
    {
        if (JsonText.Integer(flavor, "vcpus") is not { } processors || JsonText.Integer(flavor, "ram") is not { } memory)
            return null;
        Dictionary<string, long> asks = new(StringComparer.Ordinal) { ["VCPU"] = processors, ["MEMORY_MB"] = memory };
        var disk =
            Whole(JsonText.Integer(flavor, "disk"))
            + Whole(JsonText.Integer(flavor, "OS-FLV-EXT-DATA:ephemeral") ?? JsonText.Integer(flavor, "ephemeral"));
        if (disk + SwapGigabytes(flavor) is > 0 and var gigabytes)
            asks["DISK_GB"] = gigabytes;
        var name = JsonText.Text(flavor, "name") ?? JsonText.Text(flavor, "original_name") ?? JsonText.Text(flavor, "id") ?? "?";
        return new FlavorState(
            name,
            exhibit,
            asks,
            JsonText.Quote(flavor, "name", "original_name", "vcpus", "ram", "disk", "OS-FLV-EXT-DATA:ephemeral", "ephemeral", "swap")
        );
    }

    private static long Whole(long? amount) => Math.Clamp(amount ?? 0, 0, int.MaxValue);

    /// <summary>Swap is in MiB and counts in whole GiB.</summary>
    private static long SwapGigabytes(JsonElement flavor) => (Whole(JsonText.Integer(flavor, "swap")) + 1023) / 1024;
}

/// <summary>Times as OpenStack writes them: ISO 8601, and UTC even when they don't say so.</summary>
internal static class Times
{
    public static DateTimeOffset? Utc(string? text) =>
        DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? time
            : null;
}
