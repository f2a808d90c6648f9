using System.Globalization;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider;

/// <summary>The provider's own configuration.</summary>
internal sealed record ProviderSettings
{
    public const string ProgramKey = "program";
    public const string SshConfigKey = "sshConfig";
    public const string SshOptionsKey = "sshOptions";
    public const string ConnectTimeoutKey = "connectTimeout";
    public const string OnDeleteKey = "onDelete";

    /// <summary>Every key with what it is for; it is the source of the schema too.</summary>
    public static readonly IReadOnlyDictionary<string, string> Keys = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [ProgramKey] = "Path of the single file `cloudlet` that is run here and copied to hosts; left out: the one beside the provider, else the one on PATH.",
        [SshConfigKey] = "A configuration file for ssh instead of the user's own.",
        [SshOptionsKey] = "Further ssh options, as after ssh's -o, separated by spaces: `ProxyJump=gate Compression=yes`.",
        [ConnectTimeoutKey] = "Seconds for which a host that does not answer is tried (default 30).",
        [OnDeleteKey] = "What becomes of a host when its resource is deleted: restore (the default), it goes back to what it was before; or forget, it stays as it is.",
    };

    /// <summary>The single file <c>cloudlet</c>; null: to be looked for.</summary>
    public string? Program { get; init; }

    /// <summary>A configuration file for ssh; null: the user's own.</summary>
    public string? SshConfig { get; init; }

    /// <summary>Further options for ssh.</summary>
    public IReadOnlyList<string> SshOptions { get; init; } = [];

    /// <summary>How long a host that does not answer is tried.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What becomes of a host whose resource is deleted.</summary>
    public string OnDelete { get; init; } = OnDeletes.Restore;

    /// <summary>Reads a configuration. What is not known yet is as if it were left out.</summary>
    public static (ProviderSettings Settings, IReadOnlyList<InputProblem> Problems) Read(MapValue config)
    {
        var problems = new List<InputProblem>();
        foreach (var key in config.Entries.Keys.Where(static k => !Keys.ContainsKey(k) && k is not ("version" or "pluginDownloadURL") && !k.StartsWith("__", StringComparison.Ordinal)))
            problems.Add(new InputProblem(PropertyPath.Root.Key(key).Text, $"unknown key \"{key}\"; allowed here: {string.Join(", ", Keys.Keys)}"));
        var settings = new ProviderSettings
        {
            Program = Text(config, ProgramKey, problems),
            SshConfig = Text(config, SshConfigKey, problems),
            SshOptions = Text(config, SshOptionsKey, problems)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            OnDelete = Text(config, OnDeleteKey, problems) ?? OnDeletes.Restore,
            ConnectTimeout = Seconds(config, problems) ?? TimeSpan.FromSeconds(30),
        };
        if (settings.OnDelete is not (OnDeletes.Restore or OnDeletes.Forget))
            problems.Add(new InputProblem(OnDeleteKey, $"expected {OnDeletes.Restore} or {OnDeletes.Forget}; found \"{settings.OnDelete}\""));
        foreach (var (key, path) in ((string, string?)[])[(ProgramKey, settings.Program), (SshConfigKey, settings.SshConfig)])
            if (path is not null && !File.Exists(path))
                problems.Add(new InputProblem(key, $"there is no file {path}"));
        return (settings, problems);
    }

    private static TimeSpan? Seconds(MapValue config, List<InputProblem> problems)
    {
        if (Text(config, ConnectTimeoutKey, problems) is not { } text)
            return null;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= 3600)
            return TimeSpan.FromSeconds(seconds);
        problems.Add(new InputProblem(ConnectTimeoutKey, $"expected seconds, more than 0 and at most 3600; found \"{text}\""));
        return null;
    }

    // Configuration is text on its way from the stack, whatever its type in the schema.
    private static string? Text(MapValue config, string key, List<InputProblem> problems)
    {
        switch (config[key]?.Plain())
        {
            case null or NullValue or UnknownValue or TextValue { Value: "" }:
                return null;
            case TextValue { Value: var text }:
                return text;
            case NumberValue { Value: var number }:
                return number.ToString(CultureInfo.InvariantCulture);
            default:
                problems.Add(new InputProblem(key, "expected text"));
                return null;
        }
    }
}
