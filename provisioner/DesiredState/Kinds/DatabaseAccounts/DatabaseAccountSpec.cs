namespace Cloudlet.DesiredState.Kinds.DatabaseAccounts;

/// <summary>An account of the host's MariaDB with a password, and the databases that it may use.</summary>
public sealed record DatabaseAccountSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "database-account";

    /// <summary>The value of <see cref="Login"/> when the secret is the password from every host.</summary>
    public const string Current = "current";

    /// <summary>The id of the account <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of the account.</summary>
    public required string Name { get; init; }

    /// <summary>Hosts that it may connect from, in MariaDB's notation: the server has one account for each.</summary>
    public IReadOnlyList<string>? Hosts { get; init; }

    /// <summary>Absolute path on the host of the file that holds the password.</summary>
    public required string SecretFile { get; init; }

    /// <summary>
    /// <see cref="Current"/>: the server has the password's hash, and nothing else, for every host; else the problem. In a captured state:
    /// the whole account as a reference to the vault.
    /// </summary>
    public string? Login { get; init; }

    /// <summary>
    /// Names of the databases on which it has all privileges, from every host. Observed: also other privileges, each as a text such as
    /// <c>nova (SELECT)</c> or <c>*.*</c>.
    /// </summary>
    public IReadOnlyList<string>? Databases { get; init; }
}
