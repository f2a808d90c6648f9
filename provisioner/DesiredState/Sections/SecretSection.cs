using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Sections;

/// <summary>One secret of a host: the path of a file that the operator keeps there, or where we take its value from.</summary>
[JsonConverter(typeof(SecretSectionConverter))]
[SchemaTextOr(typeof(SecretSource), "^/.+")]
public sealed record SecretSection
{
    /// <summary>Absolute path, on the host, of the operator's file; null: <see cref="Source"/> has the value.</summary>
    public string? Path { get; init; }

    /// <summary>Where the value comes from; null: the operator keeps the file.</summary>
    public SecretSource? Source { get; init; }

    /// <summary>A file of the operator.</summary>
    public static implicit operator SecretSection(string path) => FromString(path);

    /// <summary>A file of the operator.</summary>
    public static SecretSection FromString(string path) => new() { Path = path };
}

/// <summary>Where the value of a secret comes from.</summary>
[Description(
    "Where the value of a secret comes from: one of generate, from, file, env or command. It becomes the file /etc/cloudlet/secrets/NAME "
        + "on the host, and is in no site file, HostState, plan, journal or log."
)]
public sealed record SecretSource
{
    /// <summary>Folder of the files on a host.</summary>
    public const string Folder = "/etc/cloudlet/secrets";

    /// <summary>Fewest characters of a generated value.</summary>
    public const int ShortestGenerated = 16;

    /// <summary>Most characters of a generated value.</summary>
    public const int LongestGenerated = 256;

    /// <summary>Highest version.</summary>
    public const int LastVersion = 1_000_000;

    /// <summary>Length of a generated value.</summary>
    [Description("Make the value on the host where it is first needed: so many letters and digits.")]
    [SchemaRange(ShortestGenerated, LongestGenerated)]
    public int? Generate { get; init; }

    /// <summary>Version of a generated value.</summary>
    [Description("Version of a generated value (default 1); the next apply makes a new value when it changes.")]
    [SchemaRange(1, LastVersion)]
    public int? Version { get; init; }

    /// <summary>Another host of the site, whose value this is.</summary>
    [Description("Another host of the site: the value is that of its secret.")]
    public string? From { get; init; }

    /// <summary>Name of the secret of the other host; null: the same name.</summary>
    [Description("Name of the secret of the other host, if it is another one.")]
    public string? Name { get; init; }

    /// <summary>A file of the operator's machine.</summary>
    [Description("Path of a file on the machine where the command runs, relative to the site file; one line.")]
    public string? File { get; init; }

    /// <summary>An environment variable.</summary>
    [Description("Name of a variable in the environment of the command.")]
    [SchemaPattern("^[A-Za-z_][A-Za-z0-9_]*$")]
    public string? Env { get; init; }

    /// <summary>A program of the operator's machine.</summary>
    [Description(
        "Program and arguments that print the value, one line; run without a shell, in the folder of the site file, on the machine where "
            + "the command runs."
    )]
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Permission bits.</summary>
    [Description("Permission bits of the file as an octal string (default \"0600\"); other users never have any.")]
    [SchemaPattern("^0?[0-7]{2}0$")]
    public string? Mode { get; init; }

    /// <summary>Owner.</summary>
    [Description("Owner of the file (default root).")]
    public string? Owner { get; init; }

    /// <summary>Group.</summary>
    [Description("Group of the file (default root).")]
    public string? Group { get; init; }

    /// <summary>Path on a host of the file of a secret.</summary>
    public static string PathOf(string name) => $"{Folder}/{name}";
}

/// <summary>The section <c>secrets</c> of a host.</summary>
public static class HostSecrets
{
    /// <summary>Key of the section.</summary>
    public const string Key = "secrets";

    extension(HostSection host)
    {
        /// <summary>Name → secret.</summary>
        public IReadOnlyDictionary<string, SecretSection>? Secrets
        {
            get => host.Section<SecretSection>(Key);
            internal set => host.SetSection(Key, value);
        }

        /// <summary>Absolute path, on the host, of the file that holds a secret; null: it is not declared.</summary>
        internal string? SecretPath(string name) =>
            host.Secrets?.GetValueOrDefault(name) is { } secret ? secret.Path ?? SecretSource.PathOf(name) : null;
    }
}

/// <summary>A secret is a text, or a mapping.</summary>
internal sealed class SecretSectionConverter : JsonConverter<SecretSection>
{
    /// <inheritdoc/>
    public override SecretSection Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? reader.GetString()!
            : new SecretSection
            {
                Source = (SecretSource?)JsonSerializer.Deserialize(ref reader, options.GetTypeInfo(typeof(SecretSource))),
            };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SecretSection value, JsonSerializerOptions options)
    {
        if (value.Source is { } source)
            JsonSerializer.Serialize(writer, source, options.GetTypeInfo(typeof(SecretSource)));
        else
            writer.WriteStringValue(value.Path);
    }
}
