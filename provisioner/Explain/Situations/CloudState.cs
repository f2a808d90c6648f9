using System.Text.Json;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>What a bundle says about the cloud beyond Nova's compute hosts. Null means "not seen".</summary>
internal sealed class CloudState
{
    private CloudState(Bundle bundle, Notes notes)
    {
        Logins = Probe.ReadAll(ExhibitIds.Logins, notes);
        Endpoints = Probe.ReadAll(ExhibitIds.Endpoints, notes);
        Databases = Probe.ReadAll(ExhibitIds.Databases, notes);
        DatabaseStatus = Probe.ReadAll(ExhibitIds.DatabaseStatus, notes);
        Schemas = Probe.ReadAll(ExhibitIds.Schemas, notes);
        Disks = Probe.ReadAll(ExhibitIds.Disks, notes);
        Caches = Probe.ReadAll(ExhibitIds.Caches, notes);
        Certificates = Probe.ReadAll(ExhibitIds.Certificates, notes);
        Metadata = Probe.ReadAll(ExhibitIds.Metadata, notes);
        Switch = Probe.ReadAll(ExhibitIds.Switch, notes);
        Cells = Probe.ReadAll(ExhibitIds.Cells, notes);
        Chassis = ChassisState.ReadAll(notes);
        ChassisAnswer = bundle.Find(ExhibitIds.Chassis);
        Ports = List(ExhibitIds.Ports, "ports", notes);
        Subnets = List(ExhibitIds.Subnets, "subnets", notes);
        Availability = List(ExhibitIds.Availability, "network_ip_availabilities", notes);
        Images = Asked(bundle, ExhibitIds.Image(""));
        Quotas = Asked(bundle, ExhibitIds.Quota(""));
        Accounts = Asked(bundle, ExhibitIds.Account(""));
        Roles = Asked(bundle, ExhibitIds.Roles(""));
    }

    /// <summary>Accounts of services at Keystone.</summary>
    public IReadOnlyList<Probe>? Logins { get; }

    public IReadOnlyList<Probe>? Endpoints { get; }

    /// <summary>Accounts of services at the database server.</summary>
    public IReadOnlyList<Probe>? Databases { get; }

    public IReadOnlyList<Probe>? DatabaseStatus { get; }

    public IReadOnlyList<Probe>? Schemas { get; }

    public IReadOnlyList<Probe>? Disks { get; }

    public IReadOnlyList<Probe>? Caches { get; }

    public IReadOnlyList<Probe>? Certificates { get; }

    public IReadOnlyList<Probe>? Metadata { get; }

    public IReadOnlyList<Probe>? Switch { get; }

    public IReadOnlyList<Probe>? Cells { get; }

    public IReadOnlyList<ChassisState>? Chassis { get; }

    /// <summary>The southbound database's answer, whatever it was.</summary>
    public Exhibit? ChassisAnswer { get; }

    public IReadOnlyList<JsonElement>? Ports { get; }

    public IReadOnlyList<JsonElement>? Subnets { get; }

    public IReadOnlyList<JsonElement>? Availability { get; }

    /// <summary>Answers for images, whatever they were.</summary>
    public IReadOnlyList<Exhibit> Images { get; }

    public IReadOnlyList<Exhibit> Quotas { get; }

    public IReadOnlyList<Exhibit> Accounts { get; }

    public IReadOnlyList<Exhibit> Roles { get; }

    /// <summary>The value of a setting of Open vSwitch, or null.</summary>
    public Probe? Setting(string name) => Switch?.FirstOrDefault(s => s.Name == name);

    /// <summary>Reads a bundle.</summary>
    public static CloudState Read(Bundle bundle, Notes notes) => new(bundle, notes);

    /// <summary>The JSON of an answer without trust; null when it is not JSON.</summary>
    public static JsonElement? Root(Exhibit exhibit)
    {
        if (!exhibit.IsAnswer)
            return null;
        try
        {
            using var document = JsonDocument.Parse(exhibit.Text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static IReadOnlyList<Exhibit> Asked(Bundle bundle, string prefix) => [.. bundle.StartingWith(prefix)];

    private static IReadOnlyList<JsonElement>? List(string id, string name, Notes notes) =>
        notes.Answer(id, isNeeded: false) is { } exhibit ? JsonText.List(exhibit, name, notes) : null;
}

/// <summary>A chassis of OVN.</summary>
/// <param name="Name">Its name, the system-id of its Open vSwitch.</param>
/// <param name="Hostname">The host that it claims to be.</param>
/// <param name="Settings">Its external ids.</param>
/// <param name="Line">The line.</param>
internal sealed record ChassisState(string Name, string Hostname, string Settings, string Line)
{
    /// <summary>The physical networks that it has bridges for: <c>physnet1:br-physnet1,…</c>; null when it does not say.</summary>
    public string? Mappings =>
        Settings.Split(' ').FirstOrDefault(s => s.StartsWith("ovn-bridge-mappings=", StringComparison.Ordinal))?.Split('=', 2)[1];

    /// <summary>Lines <c>NAME,HOSTNAME,KEY=VALUE …</c>.</summary>
    public static IReadOnlyList<ChassisState>? ReadAll(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Chassis, isNeeded: false) is not { } exhibit)
            return null;
        List<ChassisState> all = [];
        foreach (var line in exhibit.Text.Split('\n'))
            if (line.Trim().Split(',', 3) is [var name, var host, var settings])
                all.Add(new ChassisState(name.Trim('"'), host.Trim('"'), settings.Trim('"'), line.Trim()));
        return all;
    }
}
