namespace Cloudlet.Lab.Model;

/// <summary>Additional purpose of a lab host's image.</summary>
public enum LabFlavor
{
    /// <summary>No additional purpose.</summary>
    None,

    /// <summary>
    /// A compute host and its controller: Nova, placement, Glance and RabbitMQ of Debian, not configured and disabled, with prepared
    /// databases (SQLite). A site file does the rest (templates/sites/nova.yaml).
    /// </summary>
    Nova,

    /// <summary>
    /// A whole cloudlet: the packages of every role of section <c>openstack</c>, not configured and disabled, without databases. A site
    /// file does the rest (templates/sites/openstack.yaml).
    /// </summary>
    OpenStack,
}
