using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>One way in which a host gets no servers.</summary>
internal interface ICause
{
    /// <summary>Its name.</summary>
    CauseKind Kind { get; }

    /// <summary>What follows from it: a finding of these kinds is no cause of its own beside this one.</summary>
    IReadOnlyList<CauseKind> Explains { get; }

    /// <summary>The finding, or null when the situation does not show this cause. What could not be seen is never held against the host.</summary>
    Finding? Find(Situation situation);
}
