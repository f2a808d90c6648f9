using System.Collections.Immutable;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using ListValue = Cloudlet.Wire.Values.ListValue;
using NullValue = Cloudlet.Wire.Values.NullValue;

namespace Cloudlet.Wire.Tests;

public sealed class PropertyCodecSpecs
{
    private const string SignatureKey = "4dabf18193072939515e22adb298388d";

    [Fact]
    public void Every_value_survives_a_round_trip_through_a_message()
    {
        Prop.ForAll(
                Map(4).ToArbitrary(),
                static map =>
                {
                    var bytes = Google.Protobuf.MessageExtensions.ToByteArray(PropertyCodec.ToStruct(map));
                    return PropertyCodec.FromStruct(Struct.Parser.ParseFrom(bytes)).Equals(map);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void No_secret_is_ever_in_the_text_of_a_value()
    {
        Prop.ForAll(
                Value(4).ToArbitrary(),
                static value =>
                    !new SecretValue(new TextValue("hunter2")).ToString().Contains("hunter2", StringComparison.Ordinal)
                    && !MapValue
                        .Empty.With("a", value)
                        .With("b", new OutputValue(new TextValue("hunter2"), IsSecret: true, []))
                        .ToString()
                        .Contains("hunter2", StringComparison.Ordinal)
            )
            .Check(Config.QuickThrowOnFailure);
    }

    [Theory]
    [InlineData("04da6b54-80e4-46f7-96ec-b56ff0331ba9")]
    [InlineData("1c4a061d-8072-4f0a-a4cb-0ff528b18fe7")]
    [InlineData("3eeb2bf0-c639-47a8-9e75-3b44932eb421")]
    [InlineData("6a19a0b0-7e62-4c92-b797-7f8e31da9cc2")]
    [InlineData("030794c1-ac77-496b-92df-f27374a8bd58")]
    [InlineData("e48ece36-62e2-4504-bad9-02848725956a")]
    [InlineData("dd056dcd-154b-4c76-9bd3-c8f88648b5ff")]
    public void Each_sentinel_is_an_unknown_value(string sentinel) =>
        PropertyCodec.FromValue(Google.Protobuf.WellKnownTypes.Value.ForString(sentinel)).ShouldBe(PropertyValue.Unknown);

    [Fact]
    public void An_unknown_mark_is_an_error_and_so_is_a_property_of_its_name()
    {
        var special = new Struct
        {
            Fields = { [SignatureKey] = Google.Protobuf.WellKnownTypes.Value.ForString("803fd3297a5875dc03ca845dda5d2a98") },
        };
        Should
            .Throw<FormatException>(() => PropertyCodec.FromValue(Google.Protobuf.WellKnownTypes.Value.ForStruct(special)))
            .Message.ShouldContain("803fd3297a5875dc03ca845dda5d2a98");
        Should.Throw<FormatException>(() => PropertyCodec.ToStruct(MapValue.Empty.With(SignatureKey, PropertyValue.Null)));
    }

    [Fact]
    public void Secrets_and_unknowns_are_found_at_any_depth_and_removed()
    {
        var value = MapValue.Empty.With(
            "list",
            new ListValue([new SecretValue(new TextValue("s")), new OutputValue(null, IsSecret: false, ["urn:x"])])
        );
        value.HasSecrets.ShouldBeTrue();
        value.HasUnknowns.ShouldBeTrue();
        value.Plain().ShouldBe(MapValue.Empty.With("list", new ListValue([new TextValue("s"), PropertyValue.Unknown])));
        value.Plain().HasSecrets.ShouldBeFalse();
    }

    [Fact]
    public void Only_plain_data_become_JSON()
    {
        var value = MapValue
            .Empty.With("n", new NumberValue(5))
            .With("f", new NumberValue(1.5))
            .With("l", new ListValue([new TextValue("a"), PropertyValue.Null, new BooleanValue(true)]));
        PropertyJson.ToNode(value)!.ToJsonString().ShouldBe("""{"f":1.5,"l":["a",null,true],"n":5}""");
        Should.Throw<FormatException>(() => PropertyJson.ToNode(value.With("u", PropertyValue.Unknown)));
        Should
            .Throw<FormatException>(() => PropertyJson.ToNode(new SecretValue(new TextValue("hunter2"))))
            .Message.ShouldNotContain("hunter2");
    }

    [Fact]
    public void Paths_are_written_as_the_engine_reads_them() =>
        PropertyPath
            .Root.Key("files")
            .Key("/etc/a\"b")
            .Key("routes")
            .Index(2)
            .Key("x.y")
            .ToString()
            .ShouldBe("files[\"/etc/a\\\"b\"].routes[2][\"x.y\"]");

    [Fact]
    public void Values_deeper_than_protobufs_default_limit_are_read()
    {
        PropertyValue deep = new TextValue("core");
        for (var i = 0; i < 150; i++)
            deep = MapValue.Empty.With("k", deep);
        var request = new RegisterResourceRequest { Object = PropertyCodec.ToStruct(MapValue.Empty.With("k", deep)) };
        using var stream = new MemoryStream(Google.Protobuf.MessageExtensions.ToByteArray(request));
        using var input = Google.Protobuf.CodedInputStream.CreateWithLimits(stream, int.MaxValue, Grpc.GrpcLimits.MaxNesting);
        PropertyCodec.FromStruct(RegisterResourceRequest.Parser.ParseFrom(input).Object)["k"].ShouldBe(deep);
    }

    private static Gen<string> Text() =>
        Gen.OneOf(
            Gen.Elements("", "a", "links", "/etc/motd", "ü😀\n\0", "value", "dependencies", "4dabf18193072939515e22adb298388"),
            Gen.Choose(0x20, 0x7e).Select(static c => ((char)c).ToString()).ListOf().Select(static parts => string.Concat(parts))
        );

    private static Gen<PropertyValue> Value(int depth)
    {
        var flat = Gen.OneOf(
            Gen.Constant(PropertyValue.Null),
            Gen.Constant(PropertyValue.Unknown),
            Gen.Elements(true, false).Select(static b => (PropertyValue)new BooleanValue(b)),
            Gen.Elements(0d, -1, 1.5, double.MaxValue, 9007199254740991, double.NegativeInfinity)
                .Select(static n => (PropertyValue)new NumberValue(n)),
            Text().Select(static t => (PropertyValue)new TextValue(t)),
            Gen.Elements<string?>(null, "", "id")
                .Select(static id => (PropertyValue)new ResourceValue("urn:pulumi:a::b::c::d", id, id is null ? "" : "1.0"))
        );
        if (depth == 0)
            return flat;
        var inner = Value(depth - 1);
        return Gen.OneOf(
            flat,
            Map(depth - 1).Select(static m => (PropertyValue)m),
            inner.ListOf(3).Select(static items => (PropertyValue)new ListValue([.. items])),
            inner.Select(static v => (PropertyValue)new SecretValue(v)),
            Map(depth - 1).Select(static m => (PropertyValue)new AssetValue(m.Entries.Count % 2 == 0, m.Entries)),
            inner.Select(static v =>
                (PropertyValue)new OutputValue(v is UnknownValue ? null : v, v is NullValue, v is TextValue ? [] : ["urn:a", "urn:b"])
            )
        );
    }

    private static Gen<MapValue> Map(int depth) =>
        Text()
            .Zip(Value(depth))
            .ListOf()
            .Select(static pairs => new MapValue(
                pairs
                    .DistinctBy(static p => p.Item1)
                    .ToImmutableSortedDictionary(static p => p.Item1, static p => p.Item2, StringComparer.Ordinal)
            ));
}
