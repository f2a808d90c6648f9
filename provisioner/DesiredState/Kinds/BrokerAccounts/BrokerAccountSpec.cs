namespace Cloudlet.DesiredState.Kinds.BrokerAccounts;

/// <summary>An account of the host's RabbitMQ that has all permissions in one virtual host.</summary>
public sealed record BrokerAccountSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "broker-account";

    /// <summary>The value of <see cref="Login"/> when the secret is the password.</summary>
    public const string Current = "current";

    /// <summary>The value of <see cref="Permissions"/> when it may configure, write and read everything.</summary>
    public const string All = ".* .* .*";

    /// <summary>The id of the account <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Name of the account.</summary>
    public required string Name { get; init; }

    /// <summary>Absolute path on the host of the file that holds the password.</summary>
    public required string SecretFile { get; init; }

    /// <summary>Where the broker listens, as <c>ADDRESS:PORT</c>.</summary>
    public required string Address { get; init; }

    /// <summary>The virtual host.</summary>
    public required string VirtualHost { get; init; }

    /// <summary><see cref="Current"/>: a login with the secret succeeds; else the broker's refusal.</summary>
    public string? Login { get; init; }

    /// <summary><see cref="All"/>, or the broker's refusal.</summary>
    public string? Permissions { get; init; }
}
