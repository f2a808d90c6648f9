using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Converge.Tests;

/// <summary>States of up to eight files that come after and watch each other.</summary>
internal static class RandomStates
{
    private static readonly string[] Names = ["a", "b", "c", "d", "e", "f", "g", "h"];

    public static Arbitrary<(HostState First, HostState Second)> Pairs() =>
        Of().Two().Select(pair => (pair.Item1, pair.Item2)).ToArbitrary();

    public static Gen<HostState> Of() => Gen.SubListOf(Names).SelectMany(names => Files([.. names])).Select(files => Rig.State([.. files]));

    private static Gen<IReadOnlyList<FileSpec>> Files(IReadOnlyList<string> names) =>
        names
            .Select((_, i) => One(names, i))
            .Aggregate(
                Gen.Constant<IReadOnlyList<FileSpec>>([]),
                (all, one) => all.SelectMany(list => one.Select(file => (IReadOnlyList<FileSpec>)[.. list, file]))
            );

    // Depends only on earlier files of the list, so there is never a cycle.
    private static Gen<FileSpec> One(IReadOnlyList<string> names, int index) =>
        from content in Gen.Elements("x", "y", "z")
        from mode in Gen.Elements("0644", "0600", null)
        from target in Gen.Elements(null, null, "t1", "t2")
        from after in Gen.SubListOf(names.Take(index))
        from watches in Gen.SubListOf(after)
        select Rig.File(names[index], content, [.. after]) with
        {
            Mode = mode,
            Target = target,
            Watches = [.. watches.Select(w => $"file:/{w}")],
        };
}
