using Cloudlet.Service.Access;
using Cloudlet.Service.Operations;
using Cloudlet.Service.Settings;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Service.Work;

/// <summary>What all work of the service needs.</summary>
/// <param name="settings">The configuration.</param>
/// <param name="store">The runtime's store, as an administrator sees it.</param>
/// <param name="operations">Long work.</param>
/// <param name="uploads">Files that were sent.</param>
/// <param name="quota">Limits of projects.</param>
public sealed class Workshop(ServiceSettings settings, RuntimeStore store, OperationBook operations, UploadBook uploads, QuotaGuard quota)
{
    /// <summary>Long work.</summary>
    public OperationBook Operations { get; } = operations;

    /// <summary>Files that were sent.</summary>
    public UploadBook Uploads { get; } = uploads;

    /// <summary>Limits of projects.</summary>
    public QuotaGuard Quota { get; } = quota;

    /// <summary>Which servers may be fetched from.</summary>
    public FetchPolicy Fetch { get; } = FetchRules.Of(settings.FetchFrom);

    /// <summary>True when a caller may start VMs that reach every network of this host.</summary>
    public bool MayOpenNetworks(Caller caller) => settings.OpenNetworks || caller.Role == Role.Admin;

    /// <summary>What is wrong with <c>openNetwork</c> where the caller may not use it.</summary>
    internal const string ClosedNetworks = "only administrators open a guest's network here: leave it out, or ask one";

    /// <summary>The store as a caller sees it.</summary>
    public RuntimeStore Of(Caller caller) => store.For(caller.Scope);

    /// <summary>The store in which a caller makes something: it belongs to his project, an administrator's too.</summary>
    public RuntimeStore For(Caller caller) => store.For(caller.Project);
}
