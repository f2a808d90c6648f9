namespace Cloudlet.Lab.Tests.OpenStack;

internal sealed partial record CloudBreakage
{
    /// <summary>Breakages of OVN, Open vSwitch, ports and addresses.</summary>
    private static IReadOnlyList<CloudBreakage> OfNetwork { get; } =
    [
        new(
            "chassis-missing",
            "the chassis deleted",
            "systemctl stop ovn-controller; ovn-sbctl --if-exists chassis-del edge-1",
            "systemctl start ovn-controller; systemctl restart cloudlet-ovn-chassis; sleep 3"
        ),
        new(
            "chassis-renamed",
            "another host name in Open vSwitch",
            "ovs-vsctl set Open_vSwitch . external_ids:hostname=edge-9; sleep 3",
            "ovs-vsctl set Open_vSwitch . external_ids:hostname=edge-1; sleep 2"
        ),
        new(
            "chassis-renamed",
            "another system-id in Open vSwitch",
            "ovs-vsctl set Open_vSwitch . external_ids:system-id=edge-9; sleep 3",
            """
            ovs-vsctl set Open_vSwitch . external_ids:system-id=edge-1
            sleep 2
            ovn-sbctl --if-exists chassis-del edge-9
            systemctl restart ovn-controller
            systemctl restart cloudlet-ovn-chassis
            """
        ),
        new(
            "mapping-missing",
            "the mapping of the physical network removed",
            "ovs-vsctl remove Open_vSwitch . external_ids ovn-bridge-mappings",
            """
            ovs-vsctl set Open_vSwitch . external_ids:ovn-bridge-mappings=physnet1:br-physnet1
            systemctl restart cloudlet-ovn-chassis
            """
        ),
        new(
            "mapping-missing",
            "the chassis does not tell its physical networks",
            "ovn-sbctl remove Chassis edge-1 external_ids ovn-bridge-mappings",
            "systemctl restart cloudlet-ovn-chassis"
        ),
        new(
            "southbound-unreachable",
            "another southbound database in Open vSwitch",
            "ovs-vsctl set Open_vSwitch . external_ids:ovn-remote=tcp:127.0.0.1:6649; sleep 1",
            """
            ovs-vsctl set Open_vSwitch . external_ids:ovn-remote=unix:/run/ovn/ovnsb_db.sock; sleep 2
            """
        ),
        new(
            "southbound-unreachable",
            "OVN's southbound database stopped",
            "systemctl stop ovn-ovsdb-server-sb",
            """
            systemctl start ovn-ovsdb-server-sb ovn-northd ovn-central
            sleep 3
            systemctl start ovn-controller cloudlet-ovn-chassis
            """
        ),
        new(
            "metadata-unreachable",
            "the metadata agent stopped",
            "systemctl stop neutron-ovn-metadata-agent",
            "systemctl start neutron-ovn-metadata-agent"
        ),
        new(
            "metadata-unreachable",
            "another shared word in the agent's file",
            """
            cp -p /etc/neutron/neutron_ovn_metadata_agent.ini /root/kept
            sed -i 's/^metadata_proxy_shared_secret = .*/metadata_proxy_shared_secret = wrong-password/' \
                /etc/neutron/neutron_ovn_metadata_agent.ini
            """,
            "cp -p /root/kept /etc/neutron/neutron_ovn_metadata_agent.ini"
        ),
        new(
            "metadata-unreachable",
            "Nova's API for metadata stopped",
            "systemctl stop nova-api-metadata",
            "systemctl start nova-api-metadata; sleep 5"
        ),
        new(
            "switch-denied",
            "Open vSwitch's socket belongs to root alone",
            "chgrp root /run/openvswitch/db.sock",
            "chgrp nova /run/openvswitch/db.sock"
        ),
        new(
            "binding-failed",
            "a port for a host that is none",
            """
            openstack port create --network inside --host nowhere --device-owner compute:nova lost -f value -c id \
                >/root/id
            """,
            "openstack port delete lost"
        )
        {
            Arguments = "--port $(cat /root/id)",
        },
        new(
            "dhcp-off",
            "DHCP turned off on the subnet of a port",
            """
            openstack port create --network inside lost -f value -c id >/root/id
            openstack subnet set --no-dhcp $(openstack subnet list --network inside -f value -c ID)
            """,
            """
            openstack subnet set --dhcp $(openstack subnet list --network inside -f value -c ID)
            openstack port delete lost
            """
        )
        {
            Arguments = "--port $(cat /root/id)",
        },
        new(
            "address-missing",
            "a port on a network without a subnet",
            """
            openstack network create bare
            openstack port create --network bare lost -f value -c id >/root/id
            """,
            "openstack port delete lost; openstack network delete bare"
        )
        {
            Arguments = "--port $(cat /root/id)",
        },
        new(
            "addresses-exhausted",
            "a network with two addresses, both in use",
            """
            openstack network create small
            openstack subnet create --network small --subnet-range 10.99.0.0/29 --gateway none --no-dhcp \
                --allocation-pool start=10.99.0.2,end=10.99.0.3 small
            openstack port create --network small a
            openstack port create --network small b
            """,
            "openstack port delete a b; openstack network delete small"
        ),
        new(
            "host-twice",
            "a second chassis for the host",
            """
            ovn-sbctl chassis-add edge-9 geneve 10.80.0.9
            ovn-sbctl set Chassis edge-9 hostname=edge-1
            """,
            "ovn-sbctl chassis-del edge-9"
        ),
    ];
}
