using Cloudlet.Healthd.Hosting;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Report;

/// <summary>Stops the daemon from acting while an operator works on the host. It still observes and reports.</summary>
/// <param name="Owner">Who holds the host.</param>
/// <param name="Reason">The purpose.</param>
/// <param name="Since">From when, UTC.</param>
/// <param name="Expires">Until when, UTC; a hold always expires.</param>
public sealed record Hold(string Owner, string Reason, DateTimeOffset Since, DateTimeOffset Expires);

/// <summary>Identity of the host: recorded with the first state, and compared from then on.</summary>
/// <param name="HostName">The kernel's host name (uname).</param>
public sealed record Identity(string HostName)
{
    /// <summary>The recorded identity, or null when there is no readable record.</summary>
    public static Identity? Read(IHostFiles files, HealthPaths paths) =>
        SmallRecord.Read(files, paths.Identity, ReportJson.Default.Identity);
}
