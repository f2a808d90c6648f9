namespace Cloudlet.Sites;

/// <summary>One cloudlet host, the same as templates/sites/single-host.yaml.</summary>
public sealed class SingleHost : Site
{
    /// <summary>Declares the site.</summary>
    public SingleHost(string name)
        : base(name)
    {
        AddHost(
            "edge-1",
            new HostArgs
            {
                Reach = "ssh://root@edge-1",
                Boot = BootNetwork.Networkd,
                Modules = { { "dummy", new ModuleArgs() } },
                Links =
                {
                    // Holds the addresses of the services: it exists before any cable is plugged in, and stays when one is pulled.
                    { "cloudlet0", Services() },
                    // Where guests are plugged in, and a cable from the host into it.
                    {
                        "br-cloudlet",
                        new LinkArgs
                        {
                            Kind = LinkKind.Bridge,
                            Mtu = 1400,
                            Ports = { "guest-port" },
                        }
                    },
                    {
                        "guest-port",
                        new LinkArgs
                        {
                            Kind = LinkKind.Veth,
                            Mtu = 1400,
                            Peer = "guest-host",
                        }
                    },
                    {
                        "guest-host",
                        new LinkArgs
                        {
                            Kind = LinkKind.Veth,
                            Mtu = 1400,
                            Peer = "guest-port",
                            Addresses = { "10.90.0.1/24" },
                        }
                    },
                },
                Values = { { "region", "north" }, { "log_level", "info" } },
                Files = Files(),
                Templates =
                {
                    { "templates/beacon.conf.scriban", File.ReadAllText("../../templates/sites/templates/beacon.conf.scriban") },
                },
                Units = { { "cloudlet-beacon.service", Beacon() } },
            }
        );
        RegisterOutputs();
    }

    private static LinkArgs Services() =>
        new()
        {
            Kind = LinkKind.Dummy,
            Mac = "02:00:5e:10:00:01",
            Mtu = 1450,
            Addresses = { "10.80.0.1/24", "fd00:80::1/64" },
            Routes =
            {
                new RouteArgs
                {
                    To = "10.81.0.0/16",
                    Via = "10.80.0.254",
                    Metric = 50,
                },
            },
        };

    private static Pulumi.InputMap<FileArgs> Files() =>
        new()
        {
            {
                "/etc/cloudlet",
                new FileArgs { Directory = true }
            },
            {
                "/etc/cloudlet/site",
                new FileArgs { Content = "single-host\n" }
            },
            {
                "/etc/cloudlet/beacon.conf",
                new FileArgs
                {
                    Template = "templates/beacon.conf.scriban",
                    Mode = "0640",
                    Values = { { "interval", 5 } },
                }
            },
            {
                "/etc/cloudlet/current.conf",
                new FileArgs { Symlink = "beacon.conf" }
            },
            {
                "/etc/motd",
                new FileArgs { Content = "A cloudlet host. Its configuration is described elsewhere: local changes do not last.\n" }
            },
        };

    // A shell script as a service: it reads its configuration once, at its start, as most services do.
    private static UnitArgs Beacon() =>
        new()
        {
            Enabled = true,
            Running = true,
            Loads = { "/etc/cloudlet/beacon.conf" },
            After = { "link:cloudlet0" },
            Content = """
                [Unit]
                Description=Example service that loads a configuration file

                [Service]
                ExecStart=/bin/sh -c '. /etc/cloudlet/beacon.conf; while :; do echo "$$REGION $$BEACON_ADDRESS" >/run/cloudlet-beacon; sleep "$$INTERVAL"; done'

                [Install]
                WantedBy=multi-user.target

                """,
        };
}
