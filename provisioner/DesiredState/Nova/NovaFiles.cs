using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Nova;

/// <summary>The files of a role.</summary>
internal sealed class NovaFiles(NovaHost host, EmbeddedTemplates templates)
{
    public const string Nova = "/etc/nova/nova.conf";
    public const string NovaCompute = "/etc/nova/nova-compute.conf";

    /// <summary>
    /// oslo.config also reads these folders, for every service or only for the compute service. Debian's units name the files on the
    /// command line, so the folders are read before them: options that the files do not set can be set there at any time.
    /// </summary>
    public const string NovaFolder = "/etc/nova/nova.conf.d";
    public const string NovaComputeFolder = "/etc/nova/nova-compute.conf.d";
    public const string Placement = "/etc/placement/placement.conf";
    public const string Glance = "/etc/glance/glance-api.conf";
    public const string Paste = "/etc/nova/api-paste.ini";
    public const string KeepToken = "/usr/local/lib/python3.11/dist-packages/cloudlet_keep_token.py";
    public const string NoNeutron = "/usr/local/lib/cloudlet/no-neutron";
    public const string RabbitEnvironment = "/etc/rabbitmq/rabbitmq-env.conf";

    private const string NovaNamespace = "nova.conf";

    /// <summary>
    /// The configuration file that a key of <see cref="NovaSection.Options"/> names, or null when the role has no such file.
    /// </summary>
    public static string? PathOf(string name, NovaHost host) =>
        name switch
        {
            "nova.conf" => Nova,
            "nova-compute.conf" when host.HasCompute => NovaCompute,
            "placement.conf" when host.HasController => Placement,
            "glance-api.conf" when host.HasController => Glance,
            _ => null,
        };

    /// <summary>All files, by path.</summary>
    public Dictionary<string, FileSection> All()
    {
        var options = new NovaOptions(host);
        var files = new Dictionary<string, FileSection>(StringComparer.Ordinal)
        {
            [Nova] = Oslo(options.Nova(), NovaNamespace, "nova"),
            [NovaFolder] = new FileSection { Directory = true },
        };
        if (host.HasCompute)
        {
            files[NovaCompute] = Oslo(options.NovaCompute(), NovaNamespace, "nova");
            files[NovaComputeFolder] = new FileSection { Directory = true };
        }

        if (host.HasController)
        {
            files[Placement] = Oslo(options.Placement(), "placement.conf", "placement");
            files[Glance] = Oslo(options.Glance(), "glance.api", "glance");
            files[RabbitEnvironment] = Text("rabbitmq-env.conf", new ScriptObject { ["listen"] = host.ListenAddress });
        }

        if (host.HasKeystone)
            return files;
        files[NoNeutron] = Text("no-neutron") with { Mode = "0755" };
        if (host.HasController)
        {
            files[Paste] = Text("api-paste.ini") with { Mode = "0640", Group = "nova" };
            files[KeepToken] = Text("cloudlet_keep_token.py");
        }

        return files;
    }

    private static FileSection Oslo(OptionTable options, string name, string group) =>
        new()
        {
            Oslo = new OsloSection { Options = options.Sections, Namespace = name },
            Mode = "0640",
            Group = group,
        };

    private FileSection Text(string template, ScriptObject? values = null) =>
        new() { Content = templates.Render(template, values ?? new ScriptObject()) };
}
