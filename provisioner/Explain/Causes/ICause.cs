using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>One way in which a host gets no servers.</summary>
internal interface ICause
{
    /// <summary>Its name.</summary>
    CauseKind Kind { get; }

    /// <summary>What follows from it: beside this cause, findings of these kinds are not causes of their own.</summary>
    IReadOnlyList<CauseKind> Explains { get; }

    /// <summary>
    /// The finding, or null when the situation does not show this cause. What could not be seen never counts against the host.
    /// </summary>
    Finding? Find(Situation situation);
}
