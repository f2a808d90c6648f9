using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Kinds;

/// <summary>The kinds that an engine knows, by their spec types.</summary>
public sealed class KindRegistry
{
    private readonly Dictionary<Type, KindAdapter> _kinds = [];

    /// <summary>Adds a kind.</summary>
    public KindRegistry Add<TSpec>(IResourceKind<TSpec> kind)
        where TSpec : ResourceSpec
    {
        _kinds.Add(typeof(TSpec), new KindAdapter<TSpec>(kind));
        return this;
    }

    internal IEnumerable<KindAdapter> All => _kinds.Values;

    internal KindAdapter For(ResourceSpec spec) =>
        _kinds.TryGetValue(spec.GetType(), out var kind)
            ? kind
            : throw new CloudletException(
                ErrorKind.Unsupported,
                $"{spec.Id}: this host does not support this kind of resource; remove it, or describe it for another host"
            );
}
