using System.IO.Hashing;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;

namespace Cloudlet.Synthesis.Tests.Compression;

public class ContextModelSpecs
{
    [Fact]
    public void Coded_data_is_restored()
    {
        var chance = new Random(1);
        for (var round = 0; round < 60; round++)
        {
            var text = Some(chance, chance.Next(1, 4000));
            var guesses = Guesses(chance, text);

            Decode(Encode(text, guesses), text, guesses).ShouldBe(text);
        }
    }

    [Fact]
    public void The_bytes_are_the_same_on_every_machine()
    {
        // The tables come from Math.Exp: a different last digit must not change an integer.
        var chance = new Random(2);
        var text = Some(chance, 20_000);
        var stored = Encode(text, Guesses(chance, text));

        (stored.Length, $"{XxHash64.HashToUInt64(stored):x16}").ShouldBe((Length, Hash));
    }

    [Fact]
    public void Content_of_the_base_takes_almost_no_space()
    {
        var chance = new Random(3);
        var text = new byte[5000];
        chance.NextBytes(text);
        var right = text.Select(b => (int)b).ToArray();

        Encode(text, right).Length.ShouldBeLessThan(450);
        Encode(text, [.. right.Select(_ => -1)]).Length.ShouldBeInRange(4200, 4700);
    }

    [Fact]
    public void Text_takes_a_fifth_less_space_than_with_lzma()
    {
        var chance = new Random(4);
        string Word() => string.Concat(Enumerable.Range(0, chance.Next(3, 9)).Select(_ => (char)('a' + chance.Next(26))));
        string[] words = [.. Enumerable.Range(0, 300).Select(_ => Word())];
        var text = Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, 8000).Select(_ => words[chance.Next(300)])));

        Encode(text, [.. text.Select(_ => -1)]).Length.ShouldBeLessThan(Lzma.Compress(text, [], isText: true)!.Length * 4 / 5);
    }

    [Fact]
    public void Untrusted_bytes_give_some_text_or_an_error()
    {
        var chance = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            var stored = new byte[chance.Next(0, 200)];
            chance.NextBytes(stored);
            var text = new byte[chance.Next(1, 300)];
            var coder = new BitCoder(stored);
            using var model = new ContextModel(coder, text, text.Length);
            for (var i = 0; i < text.Length; i++)
                model.Code(-1, -1);
            try
            {
                coder.RequireEnd();
            }
            catch (CloudletException e)
            {
                e.Kind.ShouldBe(ErrorKind.InvalidInput);
            }
        }
    }

    [Fact]
    public void Unread_trailing_bytes_are_refused()
    {
        byte[] stored = Encode("abc"u8.ToArray(), [-1, -1, -1]);
        var coder = new BitCoder([.. stored, 0, 0, 0, 0, 0]);
        using var model = new ContextModel(coder, new byte[3], 3);
        for (var i = 0; i < 3; i++)
            model.Code(-1, -1);

        Should.Throw<CloudletException>(coder.RequireEnd).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    private const int Length = 7497;
    private const string Hash = "b15ce76f3a9bff73";

    private static byte[] Encode(byte[] text, int[] guesses)
    {
        var coder = new BitCoder();
        Code(coder, text.ToArray(), guesses, text);
        return coder.Finish();
    }

    private static byte[] Decode(byte[] stored, byte[] known, int[] guesses)
    {
        var coder = new BitCoder(stored);
        var text = new byte[known.Length];
        Code(coder, text, guesses, known);
        coder.RequireEnd();
        return text;
    }

    /// <summary>Every seventh run of 50 bytes is known already.</summary>
    private static void Code(BitCoder coder, byte[] text, int[] guesses, byte[] known)
    {
        using var model = new ContextModel(coder, text, text.Length);
        while (model.At < text.Length)
            if (model.At / 50 % 7 == 6)
            {
                var count = Math.Min(50 - (model.At % 50), text.Length - model.At);
                known.AsSpan(model.At, count).CopyTo(text.AsSpan(model.At));
                model.Skip(count);
            }
            else
            {
                model.Code(guesses[model.At], model.At % 3 == 0 ? guesses[model.At] : -1);
            }
    }

    private static int[] Guesses(Random chance, byte[] text) =>
        [
            .. text.Select(b =>
                chance.Next(5) switch
                {
                    0 => -1,
                    1 => chance.Next(256),
                    _ => b,
                }
            ),
        ];

    private static byte[] Some(Random chance, int length)
    {
        var text = new byte[length];
        for (var i = 0; i < length; i++)
            text[i] = (byte)(i > 40 && chance.Next(10) > 0 ? text[i - chance.Next(1, 40)] : chance.Next(256));
        return text;
    }
}
