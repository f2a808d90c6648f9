using System.Globalization;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Nova;

/// <summary>The configuration files of a role, option by option. Omitted options have the service's own default.</summary>
internal sealed class NovaOptions(NovaHost host)
{
    /// <summary>Seconds between discoveries: a new compute host is added to a cell automatically.</summary>
    private const string DiscoverEvery = "15";

    private const string NovaState = "/var/lib/nova";
    private const string GlanceState = "/var/lib/glance";

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    private static string Secret(string name) => $"${{secret:{name}}}";

    private string Driver => host.HasLibvirt ? "libvirt.LibvirtDriver" : "fake.FakeDriver";

    /// <summary>/etc/nova/nova.conf.</summary>
    public OptionTable Nova()
    {
        var table = new OptionTable()
            .Set("DEFAULT", "my_ip", host.MyIp)
            .Set("DEFAULT", "state_path", NovaState)
            .Set("DEFAULT", "log_dir", "/var/log/nova")
            .Set("DEFAULT", "transport_url", $"rabbit://nova:{Secret(NovaHost.RabbitSecret)}@{host.ControllerHost}:{NovaPorts.Broker}/")
            .Set("DEFAULT", "rpc_response_timeout", "30")
            .Set("DEFAULT", "report_interval", host.Section.ReportInterval?.ToString(Plain))
            .Set("DEFAULT", "service_down_time", host.Section.ServiceDownTime?.ToString(Plain))
            .Set("vnc", "enabled", "false")
            .Set("oslo_concurrency", "lock_path", "/run/lock/nova")
            .Set("oslo_reports", "log_dir", "/var/log/nova");
        if (host.HasController)
            Controller(table);
        if (host.HasCompute)
            Compute(table);
        return host.HasKeystone ? WithKeystone(table) : WithoutKeystone(table);
    }

    /// <summary>/etc/nova/nova-compute.conf, which is also read; the package sets its own driver there.</summary>
    public OptionTable NovaCompute() => new OptionTable().Set("DEFAULT", "compute_driver", Driver);

    /// <summary>/etc/placement/placement.conf.</summary>
    public OptionTable Placement()
    {
        var table = new OptionTable()
            .Set("DEFAULT", "log_dir", "/var/log/placement")
            .Set("api", "auth_strategy", host.HasKeystone ? "keystone" : "noauth2")
            .Set(
                "placement_database",
                "connection",
                Database(host.Section.Databases?.PlacementDatabase, "/var/lib/placement/placement.sqlite")
            );
        return host.HasKeystone ? Account(table, "keystone_authtoken") : table;
    }

    /// <summary>/etc/glance/glance-api.conf.</summary>
    public OptionTable Glance()
    {
        var table = new OptionTable()
            .Set("DEFAULT", "log_file", "/var/log/glance/glance-api.log")
            .Set("DEFAULT", "enabled_backends", "disk:file")
            .Set("database", "connection", Database(host.Section.Databases?.GlanceDatabase, $"{GlanceState}/glance.sqlite"))
            .Set("glance_store", "default_backend", "disk")
            .Set("disk", "filesystem_store_datadir", $"{GlanceState}/images")
            .Set("os_glance_staging_store", "filesystem_store_datadir", $"{GlanceState}/staging")
            .Set("os_glance_tasks_store", "filesystem_store_datadir", $"{GlanceState}/tasks")
            .Set("paste_deploy", "flavor", host.HasKeystone ? "keystone" : "");
        return host.HasKeystone ? Account(table, "keystone_authtoken") : table;
    }

    private void Controller(OptionTable table) =>
        table
            .Set("api", "auth_strategy", host.HasKeystone ? "keystone" : "noauth2")
            .Set("api_database", "connection", Database(host.Section.Databases?.ApiDatabase, $"{NovaState}/nova_api.sqlite"))
            .Set("database", "connection", Database(host.Section.Databases?.Database, $"{NovaState}/nova.sqlite"))
            .Set("conductor", "workers", "1")
            .Set("scheduler", "workers", "1")
            .Set("scheduler", "discover_hosts_in_cells_interval", DiscoverEvery)
            .Set("quota", "instances", "-1")
            .Set("quota", "cores", "-1")
            .Set("quota", "ram", "-1");

    private void Compute(OptionTable table)
    {
        table.Set("DEFAULT", "compute_driver", Driver);
        if (!host.HasLibvirt)
            return;
        table.Set("libvirt", "virt_type", host.Virtualization == NovaVirtualization.Kvm ? "kvm" : "qemu");

        // By default Nova copies the host's processor model to the guest, which emulation may not support.
        if (host.Virtualization == NovaVirtualization.Qemu)
            table.Set("libvirt", "cpu_mode", "none");
    }

    private OptionTable WithoutKeystone(OptionTable table) =>
        table
            .Set("placement", "auth_type", "admin_token")
            .Set("placement", "endpoint", $"http://{host.ControllerHost}:{NovaPorts.Placement}")
            .Set("placement", "token", "admin")
            .Set("glance", "api_servers", $"http://{host.ControllerHost}:{NovaPorts.Glance}")
            .Set("neutron", "auth_type", "admin_token")
            .Set("neutron", "endpoint_override", $"http://127.0.0.1:{NovaPorts.Neutron}")
            .Set("neutron", "token", "admin");

    /// <summary>Nova calls Glance with its caller's own token, so no account is configured for it.</summary>
    private OptionTable WithKeystone(OptionTable table)
    {
        if (host.HasController)
            Account(table, "keystone_authtoken");
        return Account(Account(Account(table, "placement"), "neutron"), "service_user")
            .Set("service_user", "send_service_user_token", "true")
            .Set("glance", "region_name", host.Section.Keystone?.Region);
    }

    private OptionTable Account(OptionTable table, string section)
    {
        var keystone = host.Section.Keystone ?? new KeystoneSection();
        if (section == "keystone_authtoken")
            table.Set(section, "www_authenticate_uri", keystone.Url);
        return table
            .Set(section, "auth_type", "password")
            .Set(section, "auth_url", keystone.Url)
            .Set(section, "username", keystone.Username ?? "nova")
            .Set(section, "password", Secret(NovaHost.KeystoneSecret))
            .Set(section, "project_name", keystone.Project ?? "service")
            .Set(section, "user_domain_name", "Default")
            .Set(section, "project_domain_name", "Default")
            // A service token has no endpoint that a region would select.
            .Set(section, "region_name", section == "service_user" ? null : keystone.Region);
    }

    private static string Database(string? secret, string file) => secret is null ? $"sqlite:///{file}" : Secret(secret);
}

/// <summary>Ports of the services: the defaults of their projects.</summary>
internal static class NovaPorts
{
    public const int Broker = 5672;
    public const int Compute = 8774;
    public const int Placement = 8778;
    public const int Glance = 9292;
    public const int Neutron = 9696;
}

/// <summary>Builds a set of options.</summary>
internal sealed class OptionTable
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, OsloValue>> _sections = new(StringComparer.Ordinal);

    /// <summary>The options so far.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, OsloValue>> Sections => _sections;

    /// <summary>Sets an option; null leaves the service's default.</summary>
    public OptionTable Set(string section, string name, string? value)
    {
        if (value is null)
            return this;
        if (!_sections.TryGetValue(section, out var options))
            _sections.Add(section, options = new Dictionary<string, OsloValue>(StringComparer.Ordinal));
        ((Dictionary<string, OsloValue>)options)[name] = value;
        return this;
    }
}
