using System.Text;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Explain.Tests.Exhibits;

public sealed class BundleFileSpecs
{
    private const string Header =
        """{"format":"cloudlet-bundle","version":1,"host":"edge-1","collected":"2026-03-04T12:00:00+00:00","program":"0.1.0"}""";
    private const string Links = """{"id":"links","how":"ip","taken":"2026-03-04T12:00:00+00:00","text":"[]"}""";

    [Fact]
    public void A_bundle_survives_a_round_trip()
    {
        var bundle = new Scene()
            .Dead(ExhibitIds.Broker)
            .Set(
                new Exhibit("api:x", "GET", Scene.Noon)
                {
                    HttpStatus = 404,
                    ExitStatus = 1,
                    Text = "ü\n`\"\u2028\0",
                    Truncated = true,
                }
            )
            .Bundle;

        var read = Read(Write(bundle));

        read.Header.ShouldBe(bundle.Header);
        read.Exhibits.ShouldBe(bundle.Exhibits);
        Explanation.Of(read).ToJson().ShouldBe(Explanation.Of(bundle).ToJson());
    }

    [Fact]
    public void The_format_is_pinned() =>
        Encoding
            .UTF8.GetString(
                Write(
                    new Bundle(
                        BundleHeader.Of("edge-1", Scene.Noon, "0.1.0"),
                        [
                            new Exhibit("links", "ip", Scene.Noon) { Text = "[]" },
                            new Exhibit("broker", "connect", Scene.Noon) { Trouble = "no", TroubleKind = ErrorKind.Timeout },
                        ]
                    )
                )
            )
            .ShouldBe(
                $$"""
                {{Header}}
                {"id":"links","how":"ip","taken":"2026-03-04T12:00:00+00:00","text":"[]","truncated":false}
                {"id":"broker","how":"connect","taken":"2026-03-04T12:00:00+00:00","trouble":"no","troubleKind":"Timeout","text":"","truncated":false}

                """
            );

    [Fact]
    public void Unknown_properties_blank_lines_and_a_missing_last_line_break_are_accepted()
    {
        var bundle = Read($"\n{Header[..^1]},\"later\":[1]}}\r\n\n{Links[..^1]},\"later\":{{}}}}");

        bundle.Exhibits.ShouldHaveSingleItem().Text.ShouldBe("[]");
    }

    [Theory]
    [InlineData("", 1, "empty")]
    [InlineData("\n\n", 1, "empty")]
    [InlineData("no json", 1, "JSON")]
    [InlineData("null", 1, "null")]
    [InlineData("{}", 1, "JSON")]
    [InlineData("""{"format":"tar","version":1,"host":"a","collected":"2026-03-04T12:00:00Z","program":""}""", 1, "header")]
    [InlineData("""{"format":"cloudlet-bundle","version":2,"host":"a","collected":"2026-03-04T12:00:00Z","program":""}""", 1, "version 2")]
    [InlineData("""{"format":"cloudlet-bundle","version":1,"host":null,"collected":"2026-03-04T12:00:00Z","program":""}""", 1, "JSON")]
    public void A_file_that_is_not_a_bundle_is_refused(string text, int line, string words) => Refused(text, line, words);

    [Theory]
    [InlineData("{", "JSON")]
    [InlineData("[1]", "JSON")]
    [InlineData("""{"id":"a b","how":"","taken":"2026-03-04T12:00:00Z"}""", "id")]
    [InlineData("""{"id":"","how":"","taken":"2026-03-04T12:00:00Z"}""", "id")]
    [InlineData("""{"id":"a\u001b[31m","how":"","taken":"2026-03-04T12:00:00Z"}""", "id")]
    [InlineData("""{"id":"a","how":"","taken":"yesterday"}""", "JSON")]
    [InlineData("""{"id":"a","how":"","taken":"2026-03-04T12:00:00Z","text":null}""", "JSON")]
    [InlineData("""{"id":"a","how":"","taken":"2026-03-04T12:00:00Z","text":"\ud800"}""", "")]
    [InlineData("""{"id":"a","how":"","taken":"2026-03-04T12:00:00Z","exitStatus":99999999999}""", "JSON")]
    [InlineData("""{"id":"links","how":"","taken":"2026-03-04T12:00:00Z"}""", "is in it twice")]
    public void A_bad_exhibit_is_refused_with_its_line(string line, string words) => Refused($"{Header}\n{Links}\n{line}\n", 3, words);

    [Fact]
    public void Deep_nesting_is_refused() => Refused($"{Header}\n{{\"id\":{new string('[', 100_000)}", 2, "JSON");

    [Fact]
    public void Bytes_that_are_not_text_are_refused() =>
        Refused([.. Encoding.UTF8.GetBytes($"{Header}\n{{\"id\":\""), 0xff, 0xfe, .. "\"}"u8], 2, "");

    [Fact]
    public void A_text_that_is_too_long_is_refused() =>
        Refused($"{Header}\n{Links[..^4]}{new string('x', BundleLimits.Text + 1)}\"}}", 2, "characters");

    [Fact]
    public void A_property_that_is_too_long_is_refused() =>
        Refused(
            $$"""{{Header}}{{"\n"}}{"id":"a","how":"{{new string('x', BundleLimits.Words + 1)}}","taken":"2026-03-04T12:00:00Z"}""",
            2,
            "characters"
        );

    [Fact]
    public void Too_many_exhibits_are_refused() =>
        Refused(
            $"{Header}\n"
                + string.Concat(
                    Enumerable
                        .Range(0, BundleLimits.Exhibits + 1)
                        .Select(i => $"{{\"id\":\"a{i}\",\"how\":\"\",\"taken\":\"2026-03-04T12:00:00Z\"}}\n")
                ),
            BundleLimits.Exhibits + 2,
            "exhibits"
        );

    [Fact]
    public void An_endless_line_is_refused_before_it_fills_memory()
    {
        using var endless = new Endless((byte)'x', long.MaxValue);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<CloudletException>(() => BundleFile.Read(endless)).Message.ShouldContain("line 1: it is longer than");

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(16 * BundleLimits.Line);
        endless.Position.ShouldBeLessThan(2 * BundleLimits.Line);
    }

    [Fact]
    public void An_endless_bundle_is_refused()
    {
        using var endless = new Endless((byte)'\n', long.MaxValue);

        Should.Throw<CloudletException>(() => BundleFile.Read(endless)).Message.ShouldContain($"has more than {BundleLimits.Total} bytes");
    }

    [Fact]
    public void Damage_anywhere_is_refused_or_read_and_never_crashes()
    {
        var whole = Write(new Scene().Fault().Bundle);
        var damage =
            from at in Gen.Choose(0, whole.Length - 1)
            from value in Gen.Choose(0, 255)
            from cut in Gen.Elements(true, false)
            select (at, value, cut);
        Prop.ForAll(
                damage.ToArbitrary(),
                d =>
                {
                    var bytes = d.cut ? whole[..d.at] : [.. whole];
                    if (!d.cut)
                        bytes[d.at] = (byte)d.value;
                    try
                    {
                        Explanation.Of(Read(bytes)).ToJson();
                    }
                    catch (CloudletException e)
                    {
                        e.Kind.ShouldBe(ErrorKind.InvalidInput);
                    }
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Lines_across_chunks_of_a_stream_are_joined()
    {
        var text = new string('x', 200_000);
        var bundle = new Bundle(
            BundleHeader.Of("a", Scene.Noon, "1"),
            [new Exhibit("a", "", Scene.Noon) { Text = text }, new Exhibit("b", "", Scene.Noon) { Text = "y" }]
        );

        Read(Write(bundle)).Exhibits.Select(e => e.Text).ShouldBe([text, "y"]);
    }

    private static byte[] Write(Bundle bundle)
    {
        using var stream = new MemoryStream();
        BundleFile.Write(bundle, stream);
        return stream.ToArray();
    }

    private static Bundle Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private static Bundle Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        return BundleFile.Read(stream);
    }

    private static void Refused(string text, int line, string words) => Refused(Encoding.UTF8.GetBytes(text), line, words);

    private static void Refused(byte[] bytes, int line, string words)
    {
        var refused = Should.Throw<CloudletException>(() => Read(bytes));

        refused.Kind.ShouldBe(ErrorKind.InvalidInput);
        refused.Message.ShouldContain($"line {line}: ");
        refused.Message.ShouldContain(words);
    }
}

/// <summary>A stream that repeats one byte.</summary>
internal sealed class Endless(byte value, long length) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var some = (int)Math.Min(count, length - Position);
        buffer.AsSpan(offset, some).Fill(value);
        Position += some;
        return some;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
