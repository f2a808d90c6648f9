using System.Collections.Concurrent;
using Cloudlet.Converge.State;
using Cloudlet.Errors;

namespace Cloudlet.Provider.Resources;

/// <summary>The resource that describes a host.</summary>
/// <param name="Urn">Its URN.</param>
internal sealed record Describer(string Urn)
{
    /// <summary>The URN under which it last described the host; null: it never did, or an older version did not record it.</summary>
    public string? Formerly { get; init; }

    /// <summary>True when the resource is being created.</summary>
    public bool IsNew { get; init; }

    /// <summary>Name of the resource.</summary>
    public string Name => Urn.Split("::", 4)[^1];

    /// <summary>True when both are the same resource, whatever it is called.</summary>
    public bool Is(Describer other) => Urn == other.Urn || Formerly == other.Urn || other.Formerly == Urn;

    /// <summary>The claim that is sent to the host.</summary>
    /// <param name="takeOver">Whether to take the host over.</param>
    public OwnerClaim Claim(bool takeOver) => new(new Owner(OwnerKind.Pulumi, Stack, Urn)) { Formerly = Formerly, TakeOver = takeOver };

    // urn:pulumi:STACK::PROJECT::TYPE::NAME
    private string Stack => Urn.Split("::", 4) is [var head, var project, ..] ? $"{project}/{head[(head.LastIndexOf(':') + 1)..]}" : Urn;
}

/// <summary>The machines seen in this update, with their resources. Two resources for one machine would undo each other.</summary>
/// <param name="claims">What other providers of the same run have seen; null: unknown.</param>
internal sealed class SeenMachines(RunClaims? claims = null)
{
    private readonly ConcurrentDictionary<string, Describer> _byIdentity = new(StringComparer.Ordinal);

    /// <summary>Records a machine.</summary>
    /// <exception cref="CloudletException">InvalidInput: another resource has it.</exception>
    public void See(string? identity, Describer? by)
    {
        if (identity is null || by is null)
            return;
        var first = _byIdentity.GetOrAdd(identity, by);
        if (first.Is(by) && claims?.Claim(identity, by) is { } other && !other.Is(by))
        {
            _byIdentity.TryRemove(identity, out _);
            first = other;
        }

        if (!first.Is(by))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{by.Name} and {first.Name} are the same machine and would undo each other: remove one of them. A renamed "
                    + "resource keeps its host if it has an alias with its old name; to move a "
                    + "machine from one resource to the other, remove it "
                    + $"there first, in a separate update ({by.Urn}, {first.Urn})"
            );
        _byIdentity[identity] = by;
    }

    /// <summary>Records that the resource no longer has a machine.</summary>
    public void Forget(Describer? by)
    {
        foreach (var (identity, _) in _byIdentity.Where(m => by is not null && m.Value.Is(by)))
        {
            _byIdentity.TryRemove(identity, out _);
            claims?.Forget(identity);
        }
    }
}
