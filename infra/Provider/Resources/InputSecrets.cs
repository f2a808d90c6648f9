using Cloudlet.DesiredState.Sections;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>
/// Sources of secrets that belong to the machine where a command of <c>cloudlet</c> runs, or to another host of a site file. The provider
/// runs where the engine does, with the environment that the engine has, and an engine may be a service: what it would find there is not
/// what the description means. It also sees one host at a time.
/// </summary>
internal static class InputSecrets
{
    /// <summary>Keys of a secret that the provider refuses.</summary>
    public static IReadOnlyList<string> Refused { get; } = ["command", "env", "file", "from", "name"];

    /// <summary>A problem for each such key.</summary>
    public static IEnumerable<InputProblem> Problems(MapValue inputs)
    {
        if (inputs[HostSecrets.Key]?.Plain() is not MapValue secrets)
            yield break;
        foreach (var (name, secret) in secrets.Entries)
            if (secret is MapValue source)
                foreach (var key in Refused.Where(key => source[key] is not (null or NullValue)))
                    yield return new InputProblem(
                        PropertyPath.Root.Key(HostSecrets.Key).Key(name).Key(key).Text,
                        (
                            key is "from" or "name"
                                ? $"`{key}` is for site files: `cloudlet apply` asks the other host, and the provider sees one at a time"
                                : $"`{key}` is read by `cloudlet apply` on the operator's machine, which the provider is not"
                        ) + "; write the path of a file that you keep on the host, or generate: 32, which makes the value there"
                    );
    }
}
