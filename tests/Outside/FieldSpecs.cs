using System.Text.Json;
using Cloudlet.Wire.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Outside.Tests;

/// <summary>Compares our .proto text with Pulumi's stubs: a wrong number, type or name of any field fails here.</summary>
public sealed class FieldSpecs
{
    private static readonly FileDescriptor[] Files =
    [
        AliasReflection.Descriptor,
        EngineReflection.Descriptor,
        ErrorsReflection.Descriptor,
        PluginReflection.Descriptor,
        ProviderReflection.Descriptor,
        ResourceReflection.Descriptor,
    ];

    [Fact]
    public async Task Every_field_of_every_message_is_read_by_the_stubs()
    {
        await Stubs.RequireAsync();
        var cases = Files
            .SelectMany(static f =>
                f.MessageTypes.SelectMany(All)
                    .SelectMany(m => m.Fields.InDeclarationOrder().Select(field => (File: f, Message: m, Field: field)))
            )
            .ToArray();
        cases.Length.ShouldBeGreaterThan(200);
        using var node = Stubs.StartNode("fields.js");
        try
        {
            var errors = node.StandardError.ReadToEndAsync();
            var output = node.StandardOutput.ReadToEndAsync();
            foreach (var (file, message, field) in cases)
                await node.StandardInput.WriteLineAsync(
                    JsonSerializer.Serialize(
                        new
                        {
                            module = file.Name.Replace(".proto", ""),
                            message = message.FullName["pulumirpc.".Length..],
                            bytes = With(message, field).ToByteString().ToBase64(),
                        }
                    )
                );
            node.StandardInput.Close();
            var lines = (await output.WaitAsync(TimeSpan.FromSeconds(60))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            lines.Length.ShouldBe(cases.Length, await errors);
            var wrong = cases
                .Zip(lines)
                .Where(static c => !Names(c.Second).SequenceEqual([NameInStub(c.First.Field)]))
                .Select(static c => $"{c.First.Field.FullName} is read as {c.Second}");
            wrong.ShouldBeEmpty();
        }
        finally
        {
            if (!node.HasExited)
                node.Kill();
        }
    }

    private static IEnumerable<MessageDescriptor> All(MessageDescriptor message) =>
        message.NestedTypes.Where(static n => !n.GetOptions()?.MapEntry ?? true).SelectMany(All).Prepend(message);

    // The stubs prefix reserved words of JavaScript with pb_.
    private static string[] Names(string line) =>
        [.. JsonSerializer.Deserialize<string[]>(line)!.Select(static n => n.Replace("pb_", "").ToLowerInvariant())];

    private static string NameInStub(FieldDescriptor field) =>
        field.Name.Replace("_", "").ToLowerInvariant()
        + (
            field.IsMap ? "map"
            : field.IsRepeated ? "list"
            : ""
        );

    /// <summary>A message with one field set to something.</summary>
    private static IMessage With(MessageDescriptor type, FieldDescriptor field)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        if (field.IsMap)
        {
            var (key, value) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
            ((System.Collections.IDictionary)field.Accessor.GetValue(message)).Add(Some(key), Some(value));
        }
        else if (field.IsRepeated)
            ((System.Collections.IList)field.Accessor.GetValue(message)).Add(Some(field));
        else
            field.Accessor.SetValue(message, Some(field));
        return message;
    }

    private static object Some(FieldDescriptor field) =>
        field.FieldType switch
        {
            FieldType.String => "text",
            FieldType.Bytes => ByteString.CopyFromUtf8("bytes"),
            FieldType.Bool => true,
            FieldType.Int32 => 7,
            FieldType.Double => 7.5,
            FieldType.Enum => System.Enum.ToObject(field.EnumType.ClrType, 1),
            FieldType.Message when field.MessageType == Struct.Descriptor => new Struct { Fields = { ["k"] = Value.ForString("v") } },
            FieldType.Message when field.MessageType == Value.Descriptor => Value.ForString("v"),
            FieldType.Message => With(field.MessageType, field.MessageType.Fields.InDeclarationOrder()[0]),
            _ => throw new NotSupportedException($"{field.FullName}: {field.FieldType}"),
        };
}
