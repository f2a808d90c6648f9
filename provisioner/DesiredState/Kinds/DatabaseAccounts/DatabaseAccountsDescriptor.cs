using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.DatabaseAccounts;

/// <summary>Accounts of the host's MariaDB.</summary>
public sealed class DatabaseAccountsDescriptor : SectionDescriptor<DatabaseAccountSpec, DatabaseAccountSection>
{
    /// <summary>A service on the host reaches the server by its socket, or by its address.</summary>
    private static readonly string[] ThisHost = ["127.0.0.1", "localhost"];

    /// <inheritdoc/>
    public override string Word => DatabaseAccountSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostDatabaseAccounts.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Accounts of the host's MariaDB, by name: password, hosts and databases. All else of such an account goes.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,79}$";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["secretFile"] = "secret" };

    internal override IJsonTypeInfoResolver Json => DatabaseAccountsJson.Default;

    internal override void Check(HostCheck host) => DatabaseAccountRules.Check(host);

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, section) in In(host.Section) ?? new Dictionary<string, DatabaseAccountSection>())
            yield return new DatabaseAccountSpec
            {
                Id = DatabaseAccountSpec.IdOf(name),
                Name = name,
                Hosts = section.Hosts ?? ThisHost,
                SecretFile = SecretFiles.PathOf(section.Secret, host.Section),
                Login = DatabaseAccountSpec.Current,
                Databases = section.Databases ?? [],
                After = PackagesDescriptor.IdsOf(host.Section),
            };
    }

    /// <summary>An account comes after its server, its databases and its password, and follows a new password.</summary>
    internal override DatabaseAccountSpec Complete(DatabaseAccountSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        string[] secret = [.. SecretFiles.IdsOf(spec.SecretFile, all)];
        string[] server = [DatabasesDescriptor.ServerUnit, .. (spec.Databases ?? []).Select(DatabaseSpec.IdOf)];
        return spec with { After = [.. spec.After, .. server.Where(all.ContainsKey), .. secret], Watches = [.. spec.Watches, .. secret] };
    }

    internal override DatabaseAccountSpec Sort(DatabaseAccountSpec spec) =>
        spec with
        {
            Hosts = Set(spec.Hosts),
            Databases = Set(spec.Databases),
        };

    internal override bool IsSound(DatabaseAccountSpec spec) =>
        spec.Name is { Length: > 0 } && spec.SecretFile is ['/', ..] && IsWhole(spec.Hosts) && IsWhole(spec.Databases);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, DatabaseAccountSection>))]
[JsonSerializable(typeof(DatabaseAccountSpec))]
internal sealed partial class DatabaseAccountsJson : JsonSerializerContext;
