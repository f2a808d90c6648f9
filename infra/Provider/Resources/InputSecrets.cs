using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>
/// Secrets of a host. A program can give a value, which must be secret, so that the engine keeps it encrypted; it travels to the host
/// beside the state. Sources that belong to the machine where a command of <c>cloudlet</c> runs, or to another host of a site file, are
/// refused: the provider runs where the engine does, with the environment that the engine has, and an engine may be a service: what it
/// would find there is not what the description means. It also sees one host at a time.
/// </summary>
internal static class InputSecrets
{
    /// <summary>Key of a value that the program gives; no key of a site file.</summary>
    public const string ValueKey = "value";

    /// <summary>In a state, a value that is given looks like one of any other source, so this one stands for it.</summary>
    private const string StandIn = "env";

    /// <summary>Keys of a secret that the provider refuses.</summary>
    public static IReadOnlyList<string> Refused { get; } = ["command", "env", "file", "from", "name"];

    /// <summary>A problem for each such key, and for each value that can't be given.</summary>
    public static IEnumerable<InputProblem> Problems(MapValue inputs)
    {
        foreach (var secret in SourcesIn(inputs))
        {
            foreach (var key in Refused.Where(key => secret.Source[key] is not (null or NullValue)))
                yield return new InputProblem(PathOf(secret.Name, key), WhyRefused(key));
            if (ProblemWith(secret) is { } problem)
                yield return new InputProblem(PathOf(secret.Name, ValueKey), problem);
        }
    }

    /// <summary>The values that the program gives; null: none.</summary>
    public static SecretValues? Values(MapValue inputs)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var secret in SourcesIn(inputs))
            if (secret.Value is TextValue { Value: var value })
                values.Add(secret.Name, value);
        return values.Count > 0 ? new SecretValues(values) : null;
    }

    /// <summary>The inputs as the keys of a site file, without the values.</summary>
    public static MapValue WithoutValues(MapValue inputs)
    {
        foreach (var secret in SourcesIn(inputs).Where(static s => s.Source.Entries.ContainsKey(ValueKey)))
        {
            var source = new MapValue(secret.Source.Entries.Remove(ValueKey));
            if (secret.Value is not null && !HasSource(source))
                source = source.With(StandIn, new TextValue(ValueKey));
            inputs = (MapValue)InputTree.Set(inputs, [HostSecrets.Key, secret.Name], source);
        }

        return inputs;
    }

    private static string? ProblemWith(Secret secret) =>
        secret.Value is null or UnknownValue ? null
        : HasSource(secret.Source) ? "a value excludes every other source; give one of them"
        : secret.Value is not TextValue { Value: var text } ? "expected text"
        : !secret.IsSecret ? "the value must be secret, so that the engine keeps it encrypted; wrap it, as in Output.CreateSecret(value)"
        : SecretText.ProblemIn(text);

    private static bool HasSource(MapValue source) =>
        Refused.Append("generate").Any(key => key != "name" && source[key] is not (null or NullValue));

    private static string WhyRefused(string key) =>
        (
            key is "from" or "name"
                ? $"`{key}` is for site files: `cloudlet apply` asks the other host, and the provider sees one at a time"
                : $"`{key}` is read by `cloudlet apply` on the operator's machine, which the provider is not"
        )
        + "; write the path of a file that you keep on the host, generate: 32, which makes the value there, or a value, which is a secret "
        + "of the program";

    private static string PathOf(string name, string key) => PropertyPath.Root.Key(HostSecrets.Key).Key(name).Key(key).Text;

    private static IEnumerable<Secret> SourcesIn(MapValue inputs)
    {
        if (Bare(inputs[HostSecrets.Key], isSecret: false) is not (MapValue secrets, var areSecret))
            yield break;
        foreach (var (name, secret) in secrets.Entries)
            if (Bare(secret, areSecret) is (MapValue source, var isSecret))
            {
                var (value, isValueSecret) = Bare(source[ValueKey], isSecret);
                yield return new Secret(name, (MapValue)source.Plain(), value is NullValue ? null : value, isValueSecret);
            }
    }

    /// <summary>A value without marks, and whether one of them says that it is secret.</summary>
    private static (PropertyValue? Value, bool IsSecret) Bare(PropertyValue? value, bool isSecret) =>
        value switch
        {
            SecretValue secret => Bare(secret.Value, isSecret: true),
            OutputValue output => Bare(output.Value ?? PropertyValue.Unknown, isSecret || output.IsSecret),
            _ => (value, isSecret),
        };

    /// <summary>A secret with a source.</summary>
    private readonly record struct Secret(string Name, MapValue Source, PropertyValue? Value, bool IsSecret);
}
