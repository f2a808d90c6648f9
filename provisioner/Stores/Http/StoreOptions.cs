using Cloudlet.Synthesis.Fetch;

namespace Cloudlet.Stores.Http;

/// <summary>What stores take from their surroundings.</summary>
public sealed record StoreOptions
{
    /// <summary>Reads an environment variable: credentials come from there, and from files that it names.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>True: also places other than loopback may be asked without TLS.</summary>
    public bool AllowsPlainHttp { get; init; }

    /// <summary>Which servers may be asked; null: all.</summary>
    public FetchPolicy? Policy { get; init; }

    /// <summary>How long a server may send nothing.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Value of a variable; null: not set, or empty.</summary>
    internal string? Value(string name) => Environment(name) is { Length: > 0 } value ? value : null;

    /// <summary>The home folder; null: there is none.</summary>
    internal string? Home => Value("HOME");
}
