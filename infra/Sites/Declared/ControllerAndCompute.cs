namespace Cloudlet.Sites;

/// <summary>
/// A controller and any number of compute hosts, the same as templates/sites/controller-and-compute.yaml. A method describes what the
/// hosts share, and their number is a parameter.
/// </summary>
public sealed class ControllerAndCompute : Site
{
    private const string Controller = "192.0.2.1";

    /// <summary>Declares the site.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="computeHosts">How many compute hosts, edge-1 onwards.</param>
    public ControllerAndCompute(string name, int computeHosts = 1)
        : base(name)
    {
        AddHost("controller", Member("controller", $"{Controller}/24", Nova(NovaRole.Controller)));
        for (var i = 1; i <= computeHosts; i++)
        {
            var nova = Nova(NovaRole.Compute);
            nova.Controller = Controller;
            nova.FlatInterface = "cloudlet0";
            nova.Address = $"10.80.0.{i}/24";
            nova.Virtualization = NovaVirtualization.Qemu;
            AddHost($"edge-{i}", Member($"edge-{i}", $"192.0.2.{i + 1}/24", nova));
        }

        RegisterOutputs();
    }

    private static HostArgs Member(string hostName, string address, NovaArgs nova) =>
        new()
        {
            Reach = $"ssh://root@{hostName}",
            Boot = BootNetwork.Networkd,
            Secrets = { { "rabbit", "/etc/cloudlet/secrets/rabbit" } },
            Links =
            {
                {
                    "eth0",
                    new LinkArgs { Kind = LinkKind.Existing, Addresses = { address } }
                },
            },
            Nova = nova,
        };

    private static NovaArgs Nova(NovaRole role) =>
        new()
        {
            Role = role,
            Auth = NovaAuth.None,
            PublicInterface = "eth0",
            ReportInterval = 5,
            ServiceDownTime = 15,
        };
}
