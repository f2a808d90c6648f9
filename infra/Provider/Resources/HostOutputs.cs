using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Links;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>How a host was when it was last looked at.</summary>
/// <param name="State">One of the words of this type.</param>
/// <param name="Alarms">Alarms of its health daemon.</param>
internal sealed record HostHealth(string State, ImmutableArray<string> Alarms)
{
    public const string AsDescribed = "as-described";
    public const string Drifted = "drifted";
    public const string Unreachable = "unreachable";

    public PropertyValue ToValue() => MapValue.Empty
        .With("state", new TextValue(State))
        .With("alarms", new ListValue([.. Alarms.Select(static a => (PropertyValue)new TextValue(a))]));
}

/// <summary>
/// The outputs of a host: its inputs, as they were found on it, and what is known of it beside. That found values stand where the inputs do lets the engine show drift as "1400 => 1450" at the very property.
/// </summary>
internal static class HostOutputs
{
    public const string DigestKey = "digest";
    public const string AddressesKey = "addresses";
    public const string ObservedKey = "observed";
    public const string HealthKey = "health";

    /// <summary>What only outputs have; <see cref="HealthKey"/> is an input too, and its output takes its place.</summary>
    private static readonly string[] Own = [DigestKey, AddressesKey, ObservedKey, HealthKey];

    /// <summary>The outputs of a host that was looked at.</summary>
    public static MapValue Of(HostInputs inputs, HostState desired, ObservedHost observed, HostHealth health) => Base((MapValue)Found(inputs.Tree, desired, observed), desired)
        // What was found where a secret is described may be the secret.
        .With(ObservedKey, inputs.Tree.HasSecrets ? new SecretValue(observed.ToValue()) : observed.ToValue())
        .With(HealthKey, health.ToValue());

    /// <summary>The outputs of a host that a preview is about.</summary>
    public static MapValue Preview(HostInputs inputs, HostState? desired) => Base(inputs.Tree, desired)
        .With(ObservedKey, PropertyValue.Unknown)
        .With(HealthKey, PropertyValue.Unknown);

    /// <summary>The outputs of before, of a host that could not be looked at.</summary>
    public static MapValue Unreachable(MapValue before) => before.With(HealthKey, new HostHealth(HostHealth.Unreachable, []).ToValue());

    /// <summary>The outputs without what only outputs have.</summary>
    public static MapValue Inputs(MapValue outputs) => new(outputs.Entries.RemoveRange(Own));

    private static MapValue Base(MapValue tree, HostState? desired) => tree
        .With(DigestKey, desired is null ? PropertyValue.Unknown : new TextValue(desired.Digest))
        .With(AddressesKey, desired is null ? PropertyValue.Unknown : Addresses(desired));

    private static ListValue Addresses(HostState desired) =>
        new([.. desired.Resources.OfType<LinkSpec>().SelectMany(static l => l.Addresses ?? []).Distinct(StringComparer.Ordinal).Select(static a => (PropertyValue)new TextValue(a))]);

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
                tree = InputTree.Set(tree, [.. keys, HostPaths.KeyOf(change.Id, property)], actual[property] is { } found ? InputTree.FromJson(found) : null);
        }

        return tree;
    }
}
