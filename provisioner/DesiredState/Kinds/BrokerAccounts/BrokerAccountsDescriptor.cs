using System.Net;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.BrokerAccounts;

/// <summary>Accounts of the host's RabbitMQ.</summary>
public sealed class BrokerAccountsDescriptor : SectionDescriptor<BrokerAccountSpec, BrokerAccountSection>
{
    private const int LongestName = 100;
    private static readonly string ServerUnit = UnitSpec.IdOf("rabbitmq-server.service");

    /// <inheritdoc/>
    public override string Word => BrokerAccountSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostBrokerAccounts.Key;

    /// <inheritdoc/>
    public override string Help => "Accounts of the host's RabbitMQ, by name, each with all permissions in its virtual host.";

    /// <inheritdoc/>
    public override string NamePattern => "^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["secretFile"] = "secret" };

    internal override IJsonTypeInfoResolver Json => BrokerAccountsJson.Default;

    internal override void Check(HostCheck host)
    {
        foreach (var (name, account) in In(host.Host) ?? new Dictionary<string, BrokerAccountSection>(StringComparer.Ordinal))
        {
            if (!IsName(name, ""))
                host.Report.Key(
                    $"\"{name}\" is not a valid account name: 1-{LongestName} letters, digits, '_', '.' and '-', not starting with '-'",
                    Section,
                    name
                );
            if (account.Address is { } address && !(IPEndPoint.TryParse(address, out var end) && end.Port > 0))
                host.Report.Value($"\"{address}\" is not an address with a port, e.g. 127.0.0.1:5672", Section, name, "address");
            if (account.VirtualHost is { } virtualHost && !IsName(virtualHost, "/"))
                host.Report.Value(
                    $"\"{virtualHost}\" is not a valid virtual host: 1-{LongestName} letters, digits, '/', '_', '.' and '-'",
                    Section,
                    name,
                    "virtualHost"
                );
            SecretFiles.Check(account.Secret, host, Section, name);
        }
    }

    internal override IEnumerable<ResourceSpec> Compile(HostCompilation host)
    {
        foreach (var (name, section) in In(host.Section) ?? new Dictionary<string, BrokerAccountSection>())
            yield return new BrokerAccountSpec
            {
                Id = BrokerAccountSpec.IdOf(name),
                Name = name,
                SecretFile = SecretFiles.PathOf(section.Secret, host.Section),
                Address = section.Address ?? "127.0.0.1:5672",
                VirtualHost = section.VirtualHost ?? "/",
                Login = BrokerAccountSpec.Current,
                Permissions = BrokerAccountSpec.All,
                After = PackagesDescriptor.IdsOf(host.Section),
            };
    }

    /// <summary>An account comes after its broker and its password, and follows a new password.</summary>
    internal override BrokerAccountSpec Complete(BrokerAccountSpec spec, IReadOnlyDictionary<string, ResourceSpec> all)
    {
        string[] secret = [.. SecretFiles.IdsOf(spec.SecretFile, all)];
        string[] server = all.ContainsKey(ServerUnit) ? [ServerUnit] : [];
        return spec with { After = [.. spec.After, .. server, .. secret], Watches = [.. spec.Watches, .. secret] };
    }

    internal override bool IsSound(BrokerAccountSpec spec) =>
        spec.Name is { Length: > 0 }
        && spec.SecretFile is ['/', ..]
        && spec.VirtualHost is { Length: > 0 }
        && IPEndPoint.TryParse(spec.Address ?? "", out _);

    /// <summary>
    /// Debian's rabbitmqctl passes its arguments through a shell, where more characters have a meaning than the broker minds.
    /// </summary>
    private static bool IsName(string name, string others) =>
        name.Length is > 0 and <= LongestName && name[0] != '-' && Names.HasOnly(name, $"_.-{others}");
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, BrokerAccountSection>))]
[JsonSerializable(typeof(BrokerAccountSpec))]
internal sealed partial class BrokerAccountsJson : JsonSerializerContext;
