namespace Cloudlet.Lab.Tests.OpenStack;

internal sealed partial record CloudBreakage
{
    /// <summary>Breakages of accounts, services, databases and disks.</summary>
    private static IReadOnlyList<CloudBreakage> OfServices { get; } =
    [
        new(
            "account-refused",
            "the password of nova changed at Keystone",
            "openstack user set --password wrong-password nova",
            """
            openstack user set --password "$(cat /etc/cloudlet/secrets/svc-nova)" nova
            """
        ),
        new(
            "account-refused",
            "the password of glance changed in its file",
            """
            cp -p /etc/glance/glance-api.conf /root/kept
            sed -i 's/^password = .*/password = wrong-password/' /etc/glance/glance-api.conf
            """,
            "cp -p /root/kept /etc/glance/glance-api.conf"
        ),
        new(
            "catalog-wrong",
            "the internal endpoint of Glance has another port",
            """
            openstack endpoint set --url http://10.80.0.1:9293 $(openstack endpoint list --service image --interface \
                internal -f value -c ID)
            """,
            """
            openstack endpoint set --url http://10.80.0.1:9292 $(openstack endpoint list --service image --interface \
                internal -f value -c ID)
            """
        ),
        new("unit-down", "Glance stopped", "systemctl stop glance-api", "systemctl start glance-api; sleep 8"),
        new(
            "process-stopped",
            "Glance's process stopped by a signal",
            "systemctl kill -s STOP glance-api",
            "systemctl kill -s CONT glance-api"
        ),
        new(
            "endpoint-unreachable",
            "Glance's worker stopped by a signal, its parent runs",
            "pkill -STOP -P $(systemctl show -p MainPID --value glance-api)",
            "pkill -CONT -P $(systemctl show -p MainPID --value glance-api)"
        ),
        new("identity-down", "Keystone stopped", "systemctl stop keystone", "systemctl start keystone; sleep 10"),
        new(
            "schema-behind",
            "the tables of Glance are said to be older",
            """
            mariadb -e "update glance.alembic_version set version_num='train_contract01'"
            """,
            """
            mariadb -e "update glance.alembic_version set version_num='$(cat /root/glance-version)'"
            """
        ),
        new(
            "database-refused",
            "the password of glance changed at MariaDB",
            """
            mariadb -e "set password for glance@'127.0.0.1' = password('wrong-password')"
            """,
            """
            mariadb -e "set password for glance@'127.0.0.1' = password('$(cat /etc/cloudlet/secrets/db-glance)')"
            """
        ),
        new(
            "connections-exhausted",
            "MariaDB allows fewer connections than are open",
            "mariadb -e 'set global max_connections=10'",
            "systemctl restart mariadb; sleep 3" // not even root gets a connection now
        ),
        new(
            "quota-exhausted",
            "a quota of no servers",
            "openstack quota set --instances 0 admin",
            "openstack quota set --instances $(cat /root/quota-instances) admin"
        ),
        new("cache-away", "memcached stopped", "systemctl stop memcached", "systemctl start memcached"),
        new(
            "cell-wrong",
            "another broker in the mapping of the cell",
            """
            mariadb -e "update nova_api.cell_mappings set transport_url='rabbit://x:y@10.80.0.9:5672/' where name='cell1'"
            """,
            """
            mariadb -e "update nova_api.cell_mappings set \
                transport_url='{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}' where name='cell1'"
            """
        ),
        new(
            "disk-full",
            "the disk of servers full",
            """
            mount -t tmpfs -o size=80m none /var/lib/nova/instances
            fallocate -l 79M /var/lib/nova/instances/full
            """,
            "umount /var/lib/nova/instances"
        ),
        new("database-down", "MariaDB stopped", "systemctl stop mariadb", "systemctl start mariadb; sleep 5"),
        new("login-unusable", "an account disabled", "openstack user create --disable kim", "openstack user delete kim")
        {
            Arguments = "--login kim",
        },
        new("login-unusable", "an account without a role", "openstack user create kim", "openstack user delete kim")
        {
            Arguments = "--login kim",
        },
        new("login-unusable", "an account that does not exist", "true", "true") { Arguments = "--login nobody" },
        new(
            "broker-permission",
            "the broker's account may not use the virtual host",
            """
            rabbitmqctl -q clear_permissions openstack
            rabbitmqctl -q close_all_connections x
            sleep 15
            """,
            "rabbitmqctl -q set_permissions openstack '.*' '.*' '.*'; sleep 20"
        ),
        new(
            "catalog-wrong",
            "the endpoints of Placement disabled",
            """
            for i in $(openstack endpoint list --service placement -f value -c ID); do openstack endpoint set --disable \
                $i; done
            """,
            """
            for i in $(openstack endpoint list --service placement -f value -c ID); do openstack endpoint set --enable \
                $i; done
            """
        ),
    ];
}
