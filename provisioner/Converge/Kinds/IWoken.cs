using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Kinds;

/// <summary>What kind of thing on a host a wake-up is about.</summary>
public enum WakeKind
{
    /// <summary>A network link with its addresses and routes.</summary>
    Link,

    /// <summary>A file, a folder with what is in it, or a symbolic link with what is behind it.</summary>
    Path,

    /// <summary>A unit of the service manager.</summary>
    Unit,
}

/// <summary>A thing on a host whose change is a reason to look at a resource again.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Name of the link or unit, absolute path of the file.</param>
public readonly record struct Wake(WakeKind Kind, string Name);

/// <summary>Can say what wakes whoever holds a resource to its description. Only where to look: what is there is for the look to find out.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IWoken<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>The things whose change may make the resource deviate.</summary>
    IEnumerable<Wake> WokenBy(TSpec spec);
}

/// <summary>Can make firm what a look concluded from weak evidence, so that later looks need not depend on it.</summary>
/// <typeparam name="TSpec">The kind's spec.</typeparam>
public interface IAdopts<TSpec>
    where TSpec : ResourceSpec
{
    /// <summary>Called for a resource that was just seen to be as described. Changes nothing of the resource; may record what it is.</summary>
    void Adopt(TSpec seen);
}
