using System.Runtime.CompilerServices;
using Cloudlet.DesiredState;
using Cloudlet.Kinds.Tests.Mottos.DesiredState;
using Cloudlet.Kinds.Tests.Mottos.Resources;
using Cloudlet.Resources;

namespace Cloudlet.Kinds.Tests;

/// <summary>Makes the kind of this project known: the two lines that a kind of the program has in its two lists.</summary>
internal static class AddedKinds
{
    [ModuleInitializer]
    internal static void Add()
    {
        KindDescriptors.Add(new MottosDescriptor());
        HostKinds.Add(static (kinds, host) => kinds.Add(new MottosKind(host.Machine.Files)));
    }
}
