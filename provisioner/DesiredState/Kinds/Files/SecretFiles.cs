using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>Secrets that a resource uses without a file of its own, such as the password of an account.</summary>
internal static class SecretFiles
{
    /// <summary>Path of the file on the host that holds a secret; empty for one that is not declared.</summary>
    public static string PathOf(string? secret, HostSection host) => secret is null ? "" : host.SecretPath(secret) ?? "";

    /// <summary>Ids of the declared resources that write the file of a secret.</summary>
    public static IEnumerable<string> IdsOf(string path, IReadOnlyDictionary<string, ResourceSpec> all) =>
        all.ContainsKey(FileSpec.IdOf(path)) ? [FileSpec.IdOf(path)] : SecretIdsOf(path, all);

    /// <summary>Ids of the secrets whose file is at a path: at most one.</summary>
    public static IEnumerable<string> SecretIdsOf(string path, IReadOnlyDictionary<string, ResourceSpec> all) =>
        SecretSpec.IdAt(path) is { } id && all.ContainsKey(id) ? [id] : [];

    /// <summary>Reports a missing or undeclared secret.</summary>
    /// <param name="secret">Its name in the description.</param>
    /// <param name="check">The host.</param>
    /// <param name="keys">The resource, from the host downwards; its key <c>secret</c> names the secret.</param>
    public static void Check(string? secret, HostCheck check, params string[] keys)
    {
        if (secret is null)
            check.Report.Missing("an account needs a password: write secret: NAME, with NAME one of `secrets`", keys);
        else if (check.Host.Secrets?.ContainsKey(secret) != true && !check.Report.IsDamaged("secrets"))
            check.Report.Value(
                $"the secret \"{secret}\" is not declared; add it to `secrets`{Spelling.Hint(secret, check.Host.Secrets?.Keys ?? [])}",
                [.. keys, "secret"]
            );
    }
}
