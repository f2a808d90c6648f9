namespace Cloudlet.Lab;

/// <summary>What the image of a lab host is prepared for, besides its packages.</summary>
public enum LabFlavor
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// A compute host and its controller: Nova, placement, Glance and RabbitMQ of Debian, not configured and switched off, with databases (SQLite) that are ready. A site file brings the rest
    /// (templates/sites/nova.yaml).
    /// </summary>
    Nova,
}
