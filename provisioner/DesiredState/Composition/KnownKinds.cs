using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Cloudlet.DesiredState.Kinds.BrokerAccounts;
using Cloudlet.DesiredState.Kinds.CloudFlavors;
using Cloudlet.DesiredState.Kinds.CloudImages;
using Cloudlet.DesiredState.Kinds.CloudKeypairs;
using Cloudlet.DesiredState.Kinds.CloudNetworks;
using Cloudlet.DesiredState.Kinds.CloudProjects;
using Cloudlet.DesiredState.Kinds.CloudQuotas;
using Cloudlet.DesiredState.Kinds.CloudRoles;
using Cloudlet.DesiredState.Kinds.CloudRouters;
using Cloudlet.DesiredState.Kinds.CloudSecurityGroups;
using Cloudlet.DesiredState.Kinds.CloudServices;
using Cloudlet.DesiredState.Kinds.CloudSubnets;
using Cloudlet.DesiredState.Kinds.CloudUsers;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.NovaCells;
using Cloudlet.DesiredState.Kinds.OvsBridges;
using Cloudlet.DesiredState.Kinds.OvsSettings;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Programs;
using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Kinds.SentPrograms;
using Cloudlet.DesiredState.Kinds.Sysctls;
using Cloudlet.DesiredState.Kinds.Units;

namespace Cloudlet.DesiredState.Composition;

/// <summary>The built-in kinds. A new kind is one line here and one in HostKinds.</summary>
internal static class KnownKinds
{
    /// <summary>In compilation order: a kind may use the results of earlier ones.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "The list must exist before any code reads the first spec.")]
    internal static void Add()
    {
        KindDescriptors.Add(new ModulesDescriptor());
        KindDescriptors.Add(new LinksDescriptor());
        KindDescriptors.Add(new SysctlsDescriptor());
        KindDescriptors.Add(new FilesDescriptor());
        KindDescriptors.Add(new PackagesDescriptor());
        KindDescriptors.Add(new ProgramsDescriptor());
        KindDescriptors.Add(new SentProgramsDescriptor());
        KindDescriptors.Add(new ConditionsDescriptor());
        KindDescriptors.Add(new UnitsDescriptor());
        KindDescriptors.Add(new DatabasesDescriptor());
        KindDescriptors.Add(new DatabaseAccountsDescriptor());
        KindDescriptors.Add(new BrokerAccountsDescriptor());
        KindDescriptors.Add(new SchemasDescriptor());
        KindDescriptors.Add(new NovaCellsDescriptor());
        KindDescriptors.Add(new OvsSettingsDescriptor());
        KindDescriptors.Add(new OvsBridgesDescriptor());
        KindDescriptors.Add(new CloudProjectsDescriptor());
        KindDescriptors.Add(new CloudRolesDescriptor());
        KindDescriptors.Add(new CloudUsersDescriptor());
        KindDescriptors.Add(new CloudServicesDescriptor());
        KindDescriptors.Add(new CloudFlavorsDescriptor());
        KindDescriptors.Add(new CloudImagesDescriptor());
        KindDescriptors.Add(new CloudNetworksDescriptor());
        KindDescriptors.Add(new CloudSubnetsDescriptor());
        KindDescriptors.Add(new CloudRoutersDescriptor());
        KindDescriptors.Add(new CloudSecurityGroupsDescriptor());
        KindDescriptors.Add(new CloudQuotasDescriptor());
        KindDescriptors.Add(new CloudKeypairsDescriptor());
        KindDescriptors.Add(new SecretsDescriptor());
    }
}
