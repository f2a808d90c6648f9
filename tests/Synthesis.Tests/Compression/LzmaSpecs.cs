using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Synthesis.Tests.Compression;

public sealed class LzmaSpecs
{
    [Fact]
    public void What_was_compressed_comes_back() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var (plain, prefix) = Some(seed);
            if (Lzma.Compress(plain, prefix) is not { } stored)
                return true;
            var back = new byte[plain.Length];
            Lzma.Decompress(stored, back, prefix);
            return back.AsSpan().SequenceEqual(plain) && stored.Length < plain.Length;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_damaged_is_refused_and_nothing_worse() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var (plain, prefix) = Some(seed);
            if (Lzma.Compress(plain, prefix) is not { } stored)
                return true;
            var chance = new Random(seed);
            stored[chance.Next(stored.Length)] ^= (byte)(1 << chance.Next(8));
            if (chance.Next(4) == 0)
                stored = stored[..chance.Next(stored.Length)];
            try
            {
                Lzma.Decompress(stored, new byte[plain.Length], prefix);
                return false;
            }
            catch (CloudletException e)
            {
                return e.Kind == ErrorKind.InvalidInput;
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Another_prefix_or_length_is_refused()
    {
        var plain = Enumerable.Range(0, 3000).Select(i => (byte)(i % 251)).ToArray();
        var prefix = plain.Reverse().Concat(plain).ToArray();
        var stored = Lzma.Compress(plain, prefix).ShouldNotBeNull();
        stored.Length.ShouldBeLessThan(100);

        Should.Throw<CloudletException>(() => Lzma.Decompress(stored, new byte[plain.Length], new byte[prefix.Length])).Kind.ShouldBe(ErrorKind.InvalidInput);
        foreach (var length in (int[])[1, plain.Length - 1, plain.Length + 1])
            Should.Throw<CloudletException>(() => Lzma.Decompress(stored, new byte[length], prefix)).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should.Throw<CloudletException>(() => Lzma.Decompress([], new byte[plain.Length], prefix)).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public void What_can_not_become_smaller_is_not_compressed()
    {
        var random = new byte[5000];
        new Random(1).NextBytes(random);
        Lzma.Compress(random, []).ShouldBeNull();
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
