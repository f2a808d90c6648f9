using System.Text.Json.Nodes;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Resources.Tests.Files.Oslo;

/// <summary>A fake oslo-config-generator, with a few options of Nova 26.2 in its output format.</summary>
internal sealed class Release
{
    private readonly JsonObject _options = [];

    public Release()
    {
        Option("DEFAULT", "my_ip", "string value");
        Option("DEFAULT", "report_interval", "integer value");
        Option("DEFAULT", "osapi_compute_workers", "integer value", min: 1);
        Option("DEFAULT", "metadata_listen_port", "port value", min: 1, max: 65535);
        Option("DEFAULT", "cpu_allocation_ratio", "floating point value", min: 0);
        Option("DEFAULT", "transport_url", "string value", from: "oslo.messaging");
        Option("DEFAULT", "enabled_backends", "dict value");
        Option("DEFAULT", "log_dir", "string value", from: "oslo.log");
        Option("DEFAULT", "log-config", "string value", dest: "log_config", from: "oslo.log");
        Option("libvirt", "virt_type", "string value", choices: new JsonArray(new JsonArray("kvm", null), new JsonArray("qemu", null)));
        Option("pci", "alias", "multi valued");
        Option("placement", "auth_type", "string value");
        Option("placement", "region_name", "string value");
        Option("vnc", "enabled", "boolean value");
        Option("a.b", "c.d", "integer value");
    }

    /// <summary>How often it was called.</summary>
    public int Asked { get; private set; }

    /// <summary>Arguments of the last call.</summary>
    public IReadOnlyList<string> Arguments { get; private set; } = [];

    /// <summary>Returns the program's output.</summary>
    public ProcessResult Answer(IReadOnlyList<string> arguments)
    {
        Asked++;
        Arguments = arguments;
        var deprecated = new JsonObject
        {
            ["DEFAULT"] = new JsonArray(new JsonObject { ["name"] = "old_ip", ["replacement_name"] = "my_ip" }),
        };
        return new ProcessResult(
            0,
            new JsonObject { ["options"] = _options.DeepClone(), ["deprecated_options"] = deprecated }.ToJsonString(),
            ""
        );
    }

    private void Option(
        string section,
        string name,
        string type,
        string? dest = null,
        int? min = null,
        int? max = null,
        JsonArray? choices = null,
        string from = "nova.conf"
    )
    {
        if (_options[section] is null)
            _options[section] = new JsonObject { ["opts"] = new JsonArray() };
        _options[section]!["opts"]!
            .AsArray()
            .Add(
                new JsonObject
                {
                    ["name"] = name,
                    ["dest"] = dest ?? name,
                    ["type"] = type,
                    ["min"] = min,
                    ["max"] = max,
                    ["choices"] = choices ?? [],
                    ["namespace"] = from,
                }
            );
    }
}
