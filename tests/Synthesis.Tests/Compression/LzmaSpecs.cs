using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Synthesis.Tests.Compression;

public sealed class LzmaSpecs
{
    [Fact]
    public void Compressed_data_is_restored() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue).ToArbitrary(),
                seed =>
                {
                    var ((plain, prefix), isText) = (Some(seed), seed % 2 == 0);
                    if (Lzma.Compress(plain, prefix, isText) is not { } stored)
                        return true;
                    var back = new byte[plain.Length];
                    Lzma.Decompress(stored, back, prefix, isText);
                    return back.AsSpan().SequenceEqual(plain) && stored.Length < plain.Length;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Damaged_data_is_refused_and_never_crashes() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue).ToArbitrary(),
                seed =>
                {
                    var ((plain, prefix), isText) = (Some(seed), seed % 2 == 0);
                    if (Lzma.Compress(plain, prefix, isText) is not { } stored)
                        return true;
                    var chance = new Random(seed);
                    stored[chance.Next(stored.Length)] ^= (byte)(1 << chance.Next(8));
                    if (chance.Next(4) == 0)
                        stored = stored[..chance.Next(stored.Length)];
                    try
                    {
                        Lzma.Decompress(stored, new byte[plain.Length], prefix, isText);
                        return false;
                    }
                    catch (CloudletException e)
                    {
                        return e.Kind == ErrorKind.InvalidInput;
                    }
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Another_prefix_or_length_is_refused()
    {
        var plain = Enumerable.Range(0, 3000).Select(i => (byte)(i % 251)).ToArray();
        var prefix = plain.Reverse().Concat(plain).ToArray();
        var stored = Lzma.Compress(plain, prefix, isText: true).ShouldNotBeNull();
        stored.Length.ShouldBeLessThan(100);

        Should
            .Throw<CloudletException>(() => Lzma.Decompress(stored, new byte[plain.Length], new byte[prefix.Length], isText: true))
            .Kind.ShouldBe(ErrorKind.InvalidInput);
        foreach (var length in (int[])[1, plain.Length - 1, plain.Length + 1])
            Should
                .Throw<CloudletException>(() => Lzma.Decompress(stored, new byte[length], prefix, isText: true))
                .Kind.ShouldBe(ErrorKind.InvalidInput);
        Should
            .Throw<CloudletException>(() => Lzma.Decompress([], new byte[plain.Length], prefix, isText: true))
            .Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public void Incompressible_data_is_not_compressed()
    {
        var random = new byte[5000];
        new Random(1).NextBytes(random);
        Lzma.Compress(random, [], isText: true).ShouldBeNull();
    }

    private static (byte[] Plain, byte[] Prefix) Some(int seed)
    {
        var chance = new Random(seed);
        var plain = new byte[chance.Next(1, 100_000)];
        var prefix = new byte[chance.Next(3) == 0 ? 0 : chance.Next(100_000)];
        chance.NextBytes(prefix);
        for (var i = 0; i < plain.Length; i++)
            plain[i] = prefix.Length > 0 && chance.Next(3) > 0 ? prefix[i % prefix.Length] : (byte)(i % 8 == 0 ? chance.Next() : i % 8);
        return (plain, prefix);
    }
}
