using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Kinds;

/// <summary>The kinds an engine knows, by the spec that describes them.</summary>
public sealed class KindRegistry
{
    private readonly Dictionary<Type, KindAdapter> kinds = [];

    /// <summary>Teaches the engine a kind.</summary>
    public KindRegistry Add<TSpec>(IResourceKind<TSpec> kind)
        where TSpec : ResourceSpec
    {
        kinds.Add(typeof(TSpec), new KindAdapter<TSpec>(kind));
        return this;
    }

    internal IEnumerable<KindAdapter> All => kinds.Values;

    internal KindAdapter For(ResourceSpec spec) => kinds.TryGetValue(spec.GetType(), out var kind)
        ? kind
        : throw new CloudletException(ErrorKind.Unsupported, $"{spec.Id}: this host cannot have resources of this sort; describe it for another host or take it out");
}
