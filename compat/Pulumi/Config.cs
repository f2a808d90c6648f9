using System.Globalization;
using System.Text.Json;

namespace Pulumi;

/// <summary>The configuration of the stack: what <c>pulumi config set</c> sets.</summary>
public sealed class Config
{
    private const string OldSuffix = ":config";
    private readonly string _name;

    /// <summary>The part of the configuration with a given prefix.</summary>
    /// <param name="name">The prefix; null: the name of the project.</param>
    public Config(string? name = null)
    {
        name ??= Deployment.Required.Project;
        _name = name.EndsWith(OldSuffix, StringComparison.Ordinal) ? name[..^OldSuffix.Length] : name;
    }

    /// <summary>A value, or null.</summary>
    public string? Get(string key) => Deployment.Required.Configuration.GetValueOrDefault(FullKey(key));

    /// <summary>A value as a secret, or null.</summary>
    public Output<string>? GetSecret(string key) => Secret(Get(key));

    /// <summary>A boolean value, or null.</summary>
    public bool? GetBoolean(string key) => Parse(key, static (string text, out bool value) => (value = text == "true") || text == "false");

    /// <summary>A boolean value as a secret, or null.</summary>
    public Output<bool>? GetSecretBoolean(string key) => Secret(GetBoolean(key));

    /// <summary>A whole number, or null.</summary>
    public int? GetInt32(string key) =>
        Parse(
            key,
            static (string text, out int value) =>
                int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
        );

    /// <summary>A whole number as a secret, or null.</summary>
    public Output<int>? GetSecretInt32(string key) => Secret(GetInt32(key));

    /// <summary>A number, or null.</summary>
    public double? GetDouble(string key) =>
        Parse(
            key,
            static (string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value)
        );

    /// <summary>A number as a secret, or null.</summary>
    public Output<double>? GetSecretDouble(string key) => Secret(GetDouble(key));

    /// <summary>A value read from JSON, or the type's default.</summary>
    public T GetObject<T>(string key)
    {
        if (Get(key) is not { } text)
            return default!;
        try
        {
            return JsonSerializer.Deserialize<T>(text)!;
        }
        catch (JsonException)
        {
            throw new ConfigTypeException(FullKey(key), typeof(T).Name);
        }
    }

    /// <summary>A value read from JSON as a secret, or null.</summary>
    public Output<T>? GetSecretObject<T>(string key) => Get(key) is null ? null : Output.CreateSecret(GetObject<T>(key));

    /// <summary>A required value.</summary>
    /// <exception cref="RunException">It is not set.</exception>
    public string Require(string key) => Get(key) ?? throw Missing(key, isSecret: false);

    /// <summary>A required value as a secret.</summary>
    public Output<string> RequireSecret(string key) => GetSecret(key) ?? throw Missing(key, isSecret: true);

    /// <summary>A required boolean value.</summary>
    public bool RequireBoolean(string key) => GetBoolean(key) ?? throw Missing(key, isSecret: false);

    /// <summary>A required boolean value as a secret.</summary>
    public Output<bool> RequireSecretBoolean(string key) => GetSecretBoolean(key) ?? throw Missing(key, isSecret: true);

    /// <summary>A required whole number.</summary>
    public int RequireInt32(string key) => GetInt32(key) ?? throw Missing(key, isSecret: false);

    /// <summary>A required whole number as a secret.</summary>
    public Output<int> RequireSecretInt32(string key) => GetSecretInt32(key) ?? throw Missing(key, isSecret: true);

    /// <summary>A required number.</summary>
    public double RequireDouble(string key) => GetDouble(key) ?? throw Missing(key, isSecret: false);

    /// <summary>A required number as a secret.</summary>
    public Output<double> RequireSecretDouble(string key) => GetSecretDouble(key) ?? throw Missing(key, isSecret: true);

    /// <summary>A required value read from JSON.</summary>
    public T RequireObject<T>(string key) => Get(key) is null ? throw Missing(key, isSecret: false) : GetObject<T>(key);

    /// <summary>A required value read from JSON, as a secret.</summary>
    public Output<T> RequireSecretObject<T>(string key) => GetSecretObject<T>(key) ?? throw Missing(key, isSecret: true);

    private string FullKey(string key) => $"{_name}:{key}";

    private delegate bool Reader<T>(string text, out T value);

    private T? Parse<T>(string key, Reader<T> read)
        where T : struct =>
        Get(key) is not { } text ? null
        : read(text, out var value) ? value
        : throw new ConfigTypeException(FullKey(key), typeof(T).Name);

    private static Output<string>? Secret(string? value) => value is null ? null : Output.CreateSecret(value);

    private static Output<T>? Secret<T>(T? value)
        where T : struct => value is { } known ? Output.CreateSecret(known) : null;

    private ConfigMissingException Missing(string key, bool isSecret) => new(FullKey(key), isSecret);

    // The message does not quote the value: it may be a secret.
    private sealed class ConfigTypeException(string key, string type)
        : RunException($"configuration variable \"{key}\" is not a valid {type}");

    private sealed class ConfigMissingException(string key, bool isSecret)
        : RunException(
            $"""
            Missing required configuration variable "{key}"
            	set it with the command `pulumi config set{(isSecret ? " --secret" : "")} {key} <value>`
            """
        );
}
