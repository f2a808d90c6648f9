using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Service.Access;

/// <summary>An account of the service's own.</summary>
public sealed record Account
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its project.</summary>
    public required string Project { get; init; }

    /// <summary>What it may do.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Role>))]
    public required Role Role { get; init; }

    /// <summary>SHA-256 of its token, 64 hexadecimal digits. A token has 256 random bits, so a slow hash would add nothing.</summary>
    public required string TokenDigest { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When its token ends.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? Revoked { get; init; }
}

/// <summary>
/// The accounts, in one file: what to back up, beside the audit log. Every change is on disk before it counts.
/// </summary>
/// <param name="folder">Folder of the file.</param>
/// <param name="clock">Tells which tokens have ended.</param>
public sealed class AccountBook(string folder, TimeProvider clock)
{
    private const string Prefix = "cl_";

    private readonly Lock _gate = new();
    private readonly string _path = Path.Combine(folder, "accounts.json");
    private List<Account>? _accounts;

    /// <summary>Every account, by name.</summary>
    public IReadOnlyList<Account> List()
    {
        lock (_gate)
            return [.. Accounts().OrderBy(a => a.Name, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Makes an account; one that was revoked or has ended is replaced. AlreadyExists when one of that name is in use.
    /// </summary>
    /// <returns>The account, and its token, which is kept nowhere.</returns>
    public (Account Account, string Token) Add(string name, string project, Role role, TimeSpan lasts)
    {
        var token = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var now = clock.GetUtcNow();
        var account = new Account
        {
            Name = name,
            Project = project,
            Role = role,
            TokenDigest = DigestOf(token),
            Created = now,
            Expires = now + lasts,
        };
        lock (_gate)
        {
            if (Accounts().Exists(a => a.Name == name && IsInUse(a)))
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"account '{name}' is in use: revoke it first (cloudlet account revoke {name}), or choose another name"
                );
            Save([.. Accounts().Where(a => a.Name != name), account]);
        }

        return (account, token);
    }

    /// <summary>Revokes an account at once. NotFound when there is none of that name.</summary>
    public Account Revoke(string name)
    {
        lock (_gate)
        {
            var account =
                Accounts().Find(a => a.Name == name)
                ?? throw new CloudletException(ErrorKind.NotFound, $"there is no account '{name}': 'cloudlet account list' shows them");
            var revoked = account with { Revoked = account.Revoked ?? clock.GetUtcNow() };
            Save([.. Accounts().Select(a => a.Name == name ? revoked : a)]);
            return revoked;
        }
    }

    /// <summary>The account of a token; null when it has none, was revoked, or has ended.</summary>
    public Account? Find(string token)
    {
        if (!IsOwnToken(token) || token.Length > 100)
            return null;
        return FindByDigest(DigestOf(token));
    }

    /// <summary>The account whose token has a digest; null when none has it, or the account was revoked or has ended.</summary>
    internal Account? FindByDigest(string digest)
    {
        lock (_gate)
            return Accounts().Find(a => a.TokenDigest == digest && IsInUse(a));
    }

    /// <summary>True for a token that this service made, whether it is valid or not.</summary>
    public static bool IsOwnToken(string token) => token.StartsWith(Prefix, StringComparison.Ordinal);

    private bool IsInUse(Account account) => account.Revoked is null && account.Expires > clock.GetUtcNow();

    private static string DigestOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private List<Account> Accounts()
    {
        if (_accounts is not null)
            return _accounts;
        try
        {
            return _accounts = File.Exists(_path)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(_path), AccountJson.Default.ListAccount) ?? []
                : [];
        }
        catch (JsonException e)
        {
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"{_path} is damaged ({e.Message}): restore it from a backup, or remove it and make the accounts again",
                e
            );
        }
    }

    private void Save(List<Account> accounts)
    {
        Directory.CreateDirectory(folder);
        var staged = _path + ".new";
        using (
            var file = new FileStream(
                staged,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            )
        )
            JsonSerializer.Serialize(file, accounts, AccountJson.Default.ListAccount);
        FileReplacement.Publish(staged, _path);
        _accounts = accounts;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(List<Account>))]
internal sealed partial class AccountJson : JsonSerializerContext;
