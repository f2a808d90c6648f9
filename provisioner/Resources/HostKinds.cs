using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Machine;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Amqp;
using Cloudlet.Resources.Cloud;
using Cloudlet.Resources.Kinds.BrokerAccounts;
using Cloudlet.Resources.Kinds.CloudFlavors;
using Cloudlet.Resources.Kinds.CloudImages;
using Cloudlet.Resources.Kinds.CloudKeypairs;
using Cloudlet.Resources.Kinds.CloudNetworks;
using Cloudlet.Resources.Kinds.CloudProjects;
using Cloudlet.Resources.Kinds.CloudQuotas;
using Cloudlet.Resources.Kinds.CloudRoles;
using Cloudlet.Resources.Kinds.CloudRouters;
using Cloudlet.Resources.Kinds.CloudSecurityGroups;
using Cloudlet.Resources.Kinds.CloudServices;
using Cloudlet.Resources.Kinds.CloudSubnets;
using Cloudlet.Resources.Kinds.CloudUsers;
using Cloudlet.Resources.Kinds.Conditions;
using Cloudlet.Resources.Kinds.DatabaseAccounts;
using Cloudlet.Resources.Kinds.Databases;
using Cloudlet.Resources.Kinds.Files;
using Cloudlet.Resources.Kinds.Files.Oslo;
using Cloudlet.Resources.Kinds.Links;
using Cloudlet.Resources.Kinds.Modules;
using Cloudlet.Resources.Kinds.NovaCells;
using Cloudlet.Resources.Kinds.OvsBridges;
using Cloudlet.Resources.Kinds.OvsSettings;
using Cloudlet.Resources.Kinds.Packages;
using Cloudlet.Resources.Kinds.Programs;
using Cloudlet.Resources.Kinds.Schemas;
using Cloudlet.Resources.Kinds.Secrets;
using Cloudlet.Resources.Kinds.SentPrograms;
using Cloudlet.Resources.Kinds.Sysctls;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.Resources.Ovsdb;
using Cloudlet.Resources.Sql;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources;

/// <summary>What the kinds of a host are created from.</summary>
/// <param name="Machine">The host.</param>
/// <param name="Paths">Paths of its state.</param>
/// <param name="Vault">Stores earlier contents of files.</param>
/// <param name="Clock">For bounded waits.</param>
public sealed record HostParts(IMachine Machine, StatePaths Paths, ContentVault Vault, TimeProvider Clock)
{
    /// <summary>This program; null for a build that cannot be copied.</summary>
    public OwnProgram? Program { get; init; }

    /// <summary>True in the health daemon: it does not wait for starting units, and does not repeat the apply's oslo validation.</summary>
    public bool IsDaemon { get; init; }

    /// <summary>Values of secrets that came with the request; null: none.</summary>
    public SecretValues? Secrets { get; init; }

    /// <summary>True in an apply: it is refused when a secret or a program is neither sent nor on the host.</summary>
    public bool IsApply { get; init; }

    /// <summary>The daemon's memory of processes, to detect hanging ones; null: none is detected.</summary>
    public UnitActivity? Activity { get; init; }

    /// <summary>Reads the last log lines of units, for messages; null: messages have none.</summary>
    public UnitLog? Log { get; init; }

    /// <summary>The clouds that the host describes: all kinds share one login.</summary>
    public CloudClients Clouds => field ??= new CloudClients(Machine.Files, Clock);
}

/// <summary>The kinds of resources that hosts have. A new kind is one line here and one in KnownKinds.</summary>
public static class HostKinds
{
    private static readonly List<Action<KindRegistry, HostParts>> Kinds =
    [
        static (kinds, host) => kinds.Add(new ModulesKind(host.Machine.Kernel)),
        static (kinds, host) =>
            kinds.Add(
                new LinksKind(
                    host.Machine.Links,
                    host.Machine.Files,
                    new HostConvergeStore(host.Machine.Files, host.Paths, vault: null, host.Clock).ReadAppliedInFull
                )
            ),
        static (kinds, host) => kinds.Add(new SysctlsKind(host.Machine.Kernel)),
        static (kinds, host) => kinds.Add(FilesOf(host)),
        static (kinds, host) => kinds.Add(new PackagesKind(host.Machine.Packages, host.Clock, host.Machine.Systemd, host.Machine.Files)),
        static (kinds, host) =>
            kinds.Add(new ProgramsKind(host.Machine.Files, host.Program, host.Program is null ? null : new HostProgramProbe())),
        static (kinds, host) => kinds.Add(new SentProgramsKind(host.Machine.Files, new HostProgramProbe(), mustBeThere: host.IsApply)),
        static (kinds, host) =>
            kinds.Add(new ConditionsKind(host.Machine.Probes, host.Machine.Kernel, host.Machine.Systemd, host.Clock, host.IsDaemon)),
        static (kinds, host) =>
            kinds.Add(
                new UnitsKind(
                    host.Machine.Systemd,
                    host.Machine.Files,
                    host.Paths.Units,
                    host.Clock,
                    host.Machine.Signals,
                    host.IsDaemon ? TimeSpan.Zero : null,
                    host.Activity,
                    host.Log
                )
            ),
        static (kinds, host) => kinds.Add(new DatabasesKind(SqlOf(host))),
        static (kinds, host) => kinds.Add(new DatabaseAccountsKind(SqlOf(host), host.Machine.Files, host.Vault)),
        static (kinds, host) => kinds.Add(new BrokerAccountsKind(new AmqpLogin(), host.Machine.Processes, host.Machine.Files)),
        static (kinds, host) => kinds.Add(new SchemasKind(SqlOf(host), host.Machine.Processes, host.Machine.Files)),
        static (kinds, host) => kinds.Add(new NovaCellsKind(SqlOf(host))),
        static (kinds, host) => kinds.Add(new OvsSettingsKind(new OvsdbClient(host.Machine.Files))),
        static (kinds, host) => kinds.Add(new OvsBridgesKind(new OvsdbClient(host.Machine.Files))),
        static (kinds, host) => kinds.Add(new CloudProjectsKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudRolesKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudUsersKind(host.Clouds, host.Machine.Files, host.Clock)),
        static (kinds, host) => kinds.Add(new CloudServicesKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudFlavorsKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudImagesKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudNetworksKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudSubnetsKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudRoutersKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudSecurityGroupsKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudQuotasKind(host.Clouds)),
        static (kinds, host) => kinds.Add(new CloudKeypairsKind(host.Clouds)),
        static (kinds, host) =>
            kinds.Add(
                new SecretsKind(
                    host.Machine.Files,
                    host.Vault,
                    new SecretCopies(host.Machine.Files, host.Vault, host.Paths.Secrets),
                    host.Secrets,
                    host.IsApply
                )
            ),
    ];

    /// <summary>Registers one more kind, for all hosts from then on.</summary>
    /// <param name="add">Adds the kind, created from the parts of a host.</param>
    public static void Add(Action<KindRegistry, HostParts> add) => Kinds.Add(add);

    /// <summary>All kinds, for a whole host.</summary>
    public static KindRegistry For(HostParts host)
    {
        var registry = new KindRegistry();
        foreach (var add in Kinds)
            add(registry, host);
        return registry;
    }

    /// <summary>Kinds for a network namespace without a host: only links.</summary>
    /// <param name="machine">The namespace.</param>
    /// <param name="applied">The state that its last apply reached completely; null where that is not known.</param>
    public static KindRegistry ForNamespace(IMachine machine, Func<HostState?>? applied = null) =>
        new KindRegistry().Add(new LinksKind(machine.Links, files: null, applied));

    private static SqlClient SqlOf(HostParts host) => new(host.Machine.Processes, host.Machine.Files);

    private static FilesKind FilesOf(HostParts host) =>
        host.IsDaemon
            ? new FilesKind(
                host.Machine.Files,
                host.Vault,
                KindDescriptors.OwnedFiles,
                mounts: new FileMounts(host.Machine.Files, host.Paths.Mounts, host.Paths.Journal)
            )
            : new FilesKind(host.Machine.Files, host.Vault, KindDescriptors.OwnedFiles, new OsloCheck(host.Machine.Processes, host.Clock));
}
