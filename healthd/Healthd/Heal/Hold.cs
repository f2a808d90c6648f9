using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Heal;

/// <summary>Keeps the daemon from acting while somebody works on the host. It looks and reports all the same.</summary>
/// <param name="Owner">Who holds.</param>
/// <param name="Reason">What for.</param>
/// <param name="Since">From when, UTC.</param>
/// <param name="Expires">Until when, UTC; a hold always ends.</param>
public sealed record Hold(string Owner, string Reason, DateTimeOffset Since, DateTimeOffset Expires);

/// <summary>Whose host this is: recorded when a state is first held, and compared ever after.</summary>
/// <param name="HostName">The kernel's host name (uname).</param>
public sealed record Identity(string HostName)
{
    /// <summary>The identity on record, or null when there is none that can be read.</summary>
    public static Identity? Read(IHostFiles files, HealthPaths paths) => SmallRecord.Read(files, paths.Identity, ReportJson.Default.Identity);
}
