using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>State of a host when it was last observed.</summary>
/// <param name="State">One of the constants of this type.</param>
/// <param name="Alarms">Alarms of its health daemon.</param>
internal sealed record HostHealth(string State, ImmutableArray<string> Alarms)
{
    public const string AsDescribed = "as-described";
    public const string Drifted = "drifted";
    public const string Unreachable = "unreachable";

    /// <summary>It answers, but cannot be observed.</summary>
    public const string Unknown = "unknown";

    /// <summary>Nothing was ever applied to it.</summary>
    public const string Undescribed = "undescribed";

    public PropertyValue ToValue() =>
        MapValue
            .Empty.With("state", new TextValue(State))
            .With("alarms", new ListValue([.. Alarms.Select(static a => (PropertyValue)new TextValue(a))]));
}

/// <summary>
/// The outputs of a host: its inputs with the values found on it, and what else is known. Found values at the paths of the inputs let the
/// engine show drift as "1400 => 1450" at that very property.
/// </summary>
internal static class HostOutputs
{
    public const string DigestKey = "digest";
    public const string AddressesKey = "addresses";
    public const string ObservedKey = "observed";
    public const string HealthKey = "health";
    public const string OwnerKey = "owner";

    /// <summary>Outputs that are not inputs; <see cref="HealthKey"/> is an input too, and the output replaces it.</summary>
    private static readonly string[] Own = [DigestKey, AddressesKey, ObservedKey, HealthKey, OwnerKey];

    /// <summary>The outputs of an observed host.</summary>
    public static MapValue Of(HostInputs inputs, HostState desired, ObservedHost observed, HostHealth health) =>
        Base((MapValue)Found(inputs.Tree, desired, observed), desired)
            // A value that was found where the description has a secret may be the secret.
            .With(ObservedKey, inputs.Tree.HasSecrets ? new SecretValue(observed.ToValue()) : observed.ToValue())
            .With(HealthKey, health.ToValue());

    /// <summary>The outputs of a host in a preview.</summary>
    public static MapValue Preview(HostInputs inputs, HostState? desired) =>
        Base(inputs.Tree, desired).With(ObservedKey, PropertyValue.Unknown).With(HealthKey, PropertyValue.Unknown);

    /// <summary>The earlier outputs, for a host that could not be observed.</summary>
    /// <param name="before">The earlier outputs.</param>
    /// <param name="state">Why: one of the constants of <see cref="HostHealth"/>.</param>
    public static MapValue NotSeen(MapValue before, string state) => before.With(HealthKey, new HostHealth(state, []).ToValue());

    /// <summary>The URN of the resource that owns the host, as far as known.</summary>
    public static string? OwnerIn(MapValue outputs) => (outputs[OwnerKey]?.Plain() as TextValue)?.Value;

    /// <summary>The outputs with that URN.</summary>
    public static MapValue WithOwner(MapValue outputs, string? urn) => urn is null ? outputs : outputs.With(OwnerKey, new TextValue(urn));

    /// <summary>The outputs without those that are not inputs.</summary>
    public static MapValue Inputs(MapValue outputs) => new(outputs.Entries.RemoveRange(Own));

    private static MapValue Base(MapValue tree, HostState? desired) =>
        tree.With(DigestKey, desired is null ? PropertyValue.Unknown : new TextValue(desired.Digest))
            .With(AddressesKey, desired is null ? PropertyValue.Unknown : Addresses(desired));

    private static ListValue Addresses(HostState desired) =>
        new([
            .. desired
                .Resources.OfType<LinkSpec>()
                .SelectMany(static l => l.Addresses ?? [])
                .Distinct(StringComparer.Ordinal)
                .Select(static a => (PropertyValue)new TextValue(a)),
        ]);

    private static PropertyValue Found(PropertyValue tree, HostState desired, ObservedHost observed)
    {
        var inputs = (MapValue)tree;
        foreach (var change in observed.Compare(desired))
        {
            if (HostPaths.KeysOf(inputs, change.Id) is not { } keys)
                continue;
            if (change.Action == ChangeAction.Create)
            {
                tree = InputTree.Set(tree, keys, null);
                continue;
            }

            var actual = JsonNode.Parse(observed.Resources[change.Id])!.AsObject();
            foreach (var property in change.Properties.Select(static p => p.Path).Distinct(StringComparer.Ordinal))
                tree = InputTree.Set(
                    tree,
                    [.. keys, HostPaths.KeyOf(change.Id, property)],
                    actual[property] is { } found ? InputTree.FromJson(found) : null
                );
        }

        return tree;
    }
}
