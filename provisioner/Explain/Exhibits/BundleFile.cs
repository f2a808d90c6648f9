using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.Errors;

namespace Cloudlet.Explain.Exhibits;

/// <summary>A bundle as a file: JSON lines, the header first.</summary>
public static class BundleFile
{
    /// <summary>Writes <paramref name="bundle"/>.</summary>
    public static void Write(Bundle bundle, Stream to)
    {
        WriteLine(to, JsonSerializer.SerializeToUtf8Bytes(bundle.Header, BundleJson.Readable.BundleHeader));
        foreach (var exhibit in bundle.Exhibits)
            WriteLine(to, JsonSerializer.SerializeToUtf8Bytes(exhibit, BundleJson.Readable.Exhibit));
    }

    /// <summary>Reads a bundle that may be damaged or malicious: never holds more than <see cref="BundleLimits"/> allow.</summary>
    /// <param name="from">The file.</param>
    /// <exception cref="CloudletException"><see cref="ErrorKind.InvalidInput"/>: not a bundle, or larger than a bundle may be; the message
    /// names the line.</exception>
    public static Bundle Read(Stream from)
    {
        BundleHeader? header = null;
        List<Exhibit> exhibits = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (var (number, line) in new BundleLines(from).Read())
        {
            if (header is null)
                header = Header(Parse(line.Span, number, BundleJson.Readable.BundleHeader), number);
            else if (exhibits.Count == BundleLimits.Exhibits)
                throw Wrong(number, $"it has more than {BundleLimits.Exhibits} exhibits");
            else
                exhibits.Add(Exhibit(Parse(line.Span, number, BundleJson.Readable.Exhibit), number, ids));
        }

        return new Bundle(header ?? throw Wrong(1, "it is empty; a bundle starts with a header"), exhibits);
    }

    internal static CloudletException Wrong(int line, string what, Exception? inner = null) =>
        new(ErrorKind.InvalidInput, $"the bundle cannot be read: line {line}: {what}. Collect it again.", inner);

    private static BundleHeader Header(BundleHeader header, int line)
    {
        if (header.Format != BundleHeader.Name)
            throw Wrong(line, $"it is not the header of a bundle (\"format\" is not \"{BundleHeader.Name}\")");
        if (header.Version != BundleHeader.CurrentVersion)
            throw Wrong(line, $"it has format version {header.Version}, and this program reads version {BundleHeader.CurrentVersion}");
        if (header.Host.Length > BundleLimits.Words || header.Program.Length > BundleLimits.Words)
            throw Wrong(line, $"a property has more than {BundleLimits.Words} characters");
        return header;
    }

    private static Exhibit Exhibit(Exhibit exhibit, int line, HashSet<string> ids)
    {
        if (!ExhibitIds.IsValid(exhibit.Id))
            throw Wrong(line, $"the id is not 1 to {BundleLimits.Id} printable characters without spaces");
        if (exhibit.Text.Length > BundleLimits.Text)
            throw Wrong(line, $"the text has more than {BundleLimits.Text} characters");
        if (exhibit.How.Length > BundleLimits.Words || exhibit.Trouble?.Length > BundleLimits.Words)
            throw Wrong(line, $"a property has more than {BundleLimits.Words} characters");
        return ids.Add(exhibit.Id) ? exhibit : throw Wrong(line, $"{exhibit.Id} is in it twice");
    }

    private static T Parse<T>(ReadOnlySpan<byte> line, int number, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(line, type) ?? throw Wrong(number, "it is null");
        }
        catch (JsonException e)
        {
            throw Wrong(number, "it is not the JSON of a bundle", e);
        }
        catch (DecoderFallbackException e)
        {
            throw Wrong(number, "it is not valid UTF-8", e);
        }
        catch (InvalidOperationException e)
        {
            // The reader reports half a surrogate pair in an escape this way.
            throw Wrong(number, "a text in it is not valid Unicode", e);
        }
    }

    private static void WriteLine(Stream to, byte[] line)
    {
        to.Write(line);
        to.WriteByte((byte)'\n');
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    MaxDepth = 8
)]
[JsonSerializable(typeof(BundleHeader))]
[JsonSerializable(typeof(Exhibit))]
internal sealed partial class BundleJson : JsonSerializerContext
{
    /// <summary>Does not escape letters outside ASCII: people read these files with less and jq, not in a browser.</summary>
    public static BundleJson Readable =>
        field ??= new BundleJson(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
