using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Cloudlet.DesiredState.Kinds.BrokerAccounts;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.DesiredState.Kinds.Databases;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Programs;
using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.DesiredState.Kinds.Secrets;
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
        KindDescriptors.Add(new ConditionsDescriptor());
        KindDescriptors.Add(new UnitsDescriptor());
        KindDescriptors.Add(new DatabasesDescriptor());
        KindDescriptors.Add(new DatabaseAccountsDescriptor());
        KindDescriptors.Add(new BrokerAccountsDescriptor());
        KindDescriptors.Add(new SchemasDescriptor());
        KindDescriptors.Add(new SecretsDescriptor());
    }
}
