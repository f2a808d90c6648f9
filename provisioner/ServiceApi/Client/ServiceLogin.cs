using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.ServiceApi.Client;

/// <summary>Where a service is, and how to get in.</summary>
/// <param name="Address"><c>https://HOST:PORT</c>, <c>http://</c> on loopback, or <c>unix:PATH</c>.</param>
public sealed record ServiceLogin(string Address)
{
    private const string UnixPrefix = "unix:";

    /// <summary>The token; null on a unix socket, where the kernel vouches for the user.</summary>
    public string? Token { get; init; }

    /// <summary>The only certificate authority to trust, PEM; null: those of the system.</summary>
    public string? Authority { get; init; }

    /// <summary>Path of the unix socket, or null.</summary>
    [JsonIgnore]
    public string? SocketPath => Address.StartsWith(UnixPrefix, StringComparison.Ordinal) ? Address[UnixPrefix.Length..] : null;

    /// <summary>The URL that paths are relative to.</summary>
    [JsonIgnore]
    public Uri Url => SocketPath is null ? new Uri(Address) : new Uri("http://localhost");

    /// <summary>Checks an address. InvalidInput with what is expected.</summary>
    public static ServiceLogin Parse(string address)
    {
        if (address.StartsWith(UnixPrefix, StringComparison.Ordinal))
            return address.Length > UnixPrefix.Length
                ? new ServiceLogin(UnixPrefix + Path.GetFullPath(address[UnixPrefix.Length..]))
                : throw Invalid(address);
        return
            Uri.TryCreate(address, UriKind.Absolute, out var url)
            && url is { Scheme: "https" or "http", PathAndQuery: "/", UserInfo.Length: 0 }
            && (url.Scheme == Uri.UriSchemeHttps || url.IsLoopback)
            ? new ServiceLogin(url.GetLeftPart(UriPartial.Authority))
            : throw Invalid(address);
    }

    private static CloudletException Invalid(string address) =>
        new(
            ErrorKind.InvalidInput,
            $"'{address}' is not the address of a service: expected https://HOST:PORT, unix:PATH, or http:// on loopback"
        );
}

/// <summary>The login that <c>cloudlet login</c> saves, for the user alone.</summary>
public static class SavedLogin
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The file: <c>login.json</c> in <c>$XDG_CONFIG_HOME/cloudlet</c> or <c>~/.config/cloudlet</c>.</summary>
    public static string FilePath { get; } =
        Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } folder
                ? folder
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config"),
            "cloudlet",
            "login.json"
        );

    /// <summary>The saved login, or null. InvalidInput when the file can't be read or other users may read it.</summary>
    public static ServiceLogin? Read()
    {
        if (!File.Exists(FilePath))
            return null;
        try
        {
            if ((File.GetUnixFileMode(FilePath) & ~OwnerOnly) != UnixFileMode.None)
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"other users may read {FilePath}, which has a token: chmod 600 it, and get a new token ('cloudlet login')"
                );
            return JsonSerializer.Deserialize(File.ReadAllBytes(FilePath), LoginJson.Default.ServiceLogin);
        }
        catch (JsonException e)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"{FilePath} is damaged ({e.Message}): run 'cloudlet login' again", e);
        }
    }

    /// <summary>Saves a login.</summary>
    public static void Write(ServiceLogin login)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!, OwnerOnly | UnixFileMode.UserExecute);
        var staged = FilePath + ".new";
        File.Delete(staged);
        using (
            var file = new FileStream(
                staged,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            )
        )
            JsonSerializer.Serialize(file, login, LoginJson.Default.ServiceLogin);
        FileReplacement.Publish(staged, FilePath);
    }

    /// <summary>Removes the saved login. False when there was none.</summary>
    public static bool Remove()
    {
        var was = File.Exists(FilePath);
        if (was)
            File.Delete(FilePath);
        return was;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(ServiceLogin))]
internal sealed partial class LoginJson : JsonSerializerContext;
