using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Kinds;

/// <summary>The type of object that a trigger is about.</summary>
public enum TriggerKind
{
    /// <summary>A network link with its addresses and routes.</summary>
    Link,

    /// <summary>A file, a folder with its content, or a symbolic link with its target.</summary>
    Path,

    /// <summary>A unit of the service manager.</summary>
    Unit,

    /// <summary>An address or hardware address on any link, or the destination of any route.</summary>
    Address,
}

/// <summary>An object on a host whose change is a reason to observe a resource again.</summary>
/// <param name="Kind">Its type.</param>
/// <param name="Name">Name of the link or unit, absolute path of the file, <c>10.80.0.1</c> for an address, <c>10.81.0.0/16</c> for a
/// destination.</param>
public readonly record struct Trigger(TriggerKind Kind, string Name);

/// <summary>
/// Lists what should trigger an observation of a resource. It only says where to look; the observation finds the state.
/// </summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface ITriggered<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>The objects whose change may make the resource deviate.</summary>
    IEnumerable<Trigger> TriggersOf(TSpec spec);
}

/// <summary>Records a conclusion that an observation drew from weak evidence, so that later ones need not depend on it.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IRecordsConverged<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>
    /// Called for a resource that was just observed to be as described. Does not change the resource; may record its state.
    /// </summary>
    void RecordConverged(TSpec seen);
}
