using System.Globalization;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Settings;

/// <summary>The provider's own configuration.</summary>
internal sealed record ProviderSettings
{
    public const string ProgramKey = "program";
    public const string SshConfigKey = "sshConfig";
    public const string SshOptionsKey = "sshOptions";
    public const string ConnectTimeoutKey = "connectTimeout";
    public const string OnDeleteKey = "onDelete";
    public const string TakeOverKey = "takeOver";

    /// <summary>Every key with its description; also the source of the schema.</summary>
    public static readonly IReadOnlyDictionary<string, string> Keys = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [ProgramKey] =
            "Path of the single file `cloudlet` that is run here and copied to hosts; when left out, the one beside the provider, else "
            + "the one on PATH.",
        [SshConfigKey] = "A configuration file for ssh instead of the user's own.",
        [SshOptionsKey] = "Further ssh options, as after ssh's -o, separated by spaces: `ProxyJump=gate Compression=yes`.",
        [ConnectTimeoutKey] = "Seconds to wait for a host that does not answer (default 30).",
        [OnDeleteKey] =
            "What happens to a host when its resource is deleted: restore (the default) returns it to its earlier state; "
            + "forget leaves it as it is.",
        [TakeOverKey] =
            "true: the next update takes over hosts that another site or stack describes; false (the default): such hosts are "
            + "left alone.",
    };

    /// <summary>The single file <c>cloudlet</c>; null: search for it.</summary>
    public string? Program { get; init; }

    /// <summary>A configuration file for ssh; null: the user's own.</summary>
    public string? SshConfig { get; init; }

    /// <summary>Further options for ssh.</summary>
    public IReadOnlyList<string> SshOptions { get; init; } = [];

    /// <summary>How long to wait for a host that does not answer.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What happens to a host whose resource is deleted.</summary>
    public string OnDelete { get; init; } = OnDeletes.Restore;

    /// <summary>Whether to take over hosts that another description owns.</summary>
    public bool TakeOver { get; init; }

    /// <summary>Reads a configuration. Values that are not known yet count as left out.</summary>
    public static (ProviderSettings Settings, IReadOnlyList<InputProblem> Problems) Read(MapValue config)
    {
        var problems = new List<InputProblem>();
        foreach (
            var key in config.Entries.Keys.Where(static k =>
                !Keys.ContainsKey(k) && k is not ("version" or "pluginDownloadURL") && !k.StartsWith("__", StringComparison.Ordinal)
            )
        )
            problems.Add(
                new InputProblem(PropertyPath.Root.Key(key).Text, $"unknown key \"{key}\"; allowed here: {string.Join(", ", Keys.Keys)}")
            );
        var settings = new ProviderSettings
        {
            Program = Text(config, ProgramKey, problems),
            SshConfig = Text(config, SshConfigKey, problems),
            SshOptions = Text(config, SshOptionsKey, problems)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            OnDelete = Text(config, OnDeleteKey, problems) ?? OnDeletes.Restore,
            TakeOver = Text(config, TakeOverKey, problems) == "true",
            ConnectTimeout = Seconds(config, problems) ?? TimeSpan.FromSeconds(30),
        };
        if (settings.OnDelete is not (OnDeletes.Restore or OnDeletes.Forget))
            problems.Add(
                new InputProblem(OnDeleteKey, $"expected {OnDeletes.Restore} or {OnDeletes.Forget}; found \"{settings.OnDelete}\"")
            );
        if (Text(config, TakeOverKey, []) is { } wish and not ("true" or "false"))
            problems.Add(new InputProblem(TakeOverKey, $"expected true or false; found \"{wish}\""));
        foreach (var (key, path) in ((string, string?)[])[(ProgramKey, settings.Program), (SshConfigKey, settings.SshConfig)])
            if (path is not null && !File.Exists(path))
                problems.Add(new InputProblem(key, $"there is no file {path}"));
        return (settings, problems);
    }

    private static TimeSpan? Seconds(MapValue config, List<InputProblem> problems)
    {
        if (Text(config, ConnectTimeoutKey, problems) is not { } text)
            return null;
        if (
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and <= 3600
        )
            return TimeSpan.FromSeconds(seconds);
        problems.Add(new InputProblem(ConnectTimeoutKey, $"expected seconds, more than 0 and at most 3600; found \"{text}\""));
        return null;
    }

    // Configuration arrives as text from the stack, whatever its type in the schema.
    private static string? Text(MapValue config, string key, List<InputProblem> problems)
    {
        switch (config[key]?.Plain())
        {
            case null or NullValue or UnknownValue or TextValue { Value: "" }:
                return null;
            case TextValue { Value: var text }:
                return text;
            case BooleanValue { Value: var yes }:
                return yes ? "true" : "false";
            case NumberValue { Value: var number }:
                return number.ToString(CultureInfo.InvariantCulture);
            default:
                problems.Add(new InputProblem(key, "expected text"));
                return null;
        }
    }
}
