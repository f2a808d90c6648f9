using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Serilog.Events;

namespace Cloudlet.Healthd.Report.Journal;

/// <summary>
/// A log event in journald's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/). Properties become fields: <c>DetectionMs</c> is
/// <c>CLOUDLET_DETECTION_MS</c>; a property with several values becomes several fields.
/// </summary>
internal static class JournalDatagram
{
    /// <summary>Most values of one property; further ones are left out.</summary>
    private const int MostValues = 64;

    /// <summary>journald ignores fields with longer names.</summary>
    private const int LongestName = 64;

    /// <summary>The whole datagram.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="identifier">The program's name in the journal.</param>
    /// <param name="longest">Longest value in characters; longer ones are cut.</param>
    /// <param name="lost">Number of earlier events that the journal did not accept.</param>
    public static byte[] Of(LogEvent happened, string identifier, int longest = int.MaxValue, long lost = 0)
    {
        var datagram = new ArrayBufferWriter<byte>(512);
        Add(datagram, "MESSAGE", happened.RenderMessage(CultureInfo.InvariantCulture), longest);
        Add(datagram, "PRIORITY", Priority(happened.Level).ToString(CultureInfo.InvariantCulture), longest);
        Add(datagram, "SYSLOG_IDENTIFIER", identifier, longest);
        if (happened.Exception is { } exception)
            Add(datagram, "CLOUDLET_EXCEPTION", exception.ToString(), longest);
        if (lost > 0)
            Add(datagram, "CLOUDLET_LOST", lost.ToString(CultureInfo.InvariantCulture), longest);
        foreach (var (name, value) in happened.Properties)
        foreach (var text in Texts(value).Take(MostValues))
            Add(datagram, FieldOf(name), text, longest);
        return datagram.WrittenSpan.ToArray();
    }

    /// <summary>syslog(3) priority.</summary>
    public static int Priority(LogEventLevel level) =>
        level switch
        {
            LogEventLevel.Fatal => 2,
            LogEventLevel.Error => 3,
            LogEventLevel.Warning => 4,
            LogEventLevel.Information => 6,
            _ => 7,
        };

    /// <summary>
    /// The field name of a property: upper case, words separated, never one that journald reserves (a leading underscore).
    /// </summary>
    public static string FieldOf(string property)
    {
        var field = new StringBuilder("CLOUDLET_", property.Length + 16);
        for (var i = 0; i < property.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(property[i]) && !char.IsAsciiLetterUpper(property[i - 1]))
                field.Append('_');
            field.Append(char.IsAsciiLetterOrDigit(property[i]) ? char.ToUpperInvariant(property[i]) : '_');
        }

        return field.ToString(0, Math.Min(field.Length, LongestName));
    }

    private static IEnumerable<string> Texts(LogEventPropertyValue value) =>
        value switch
        {
            ScalarValue { Value: null } => [],
            ScalarValue { Value: double number } => [number.ToString("0.###", CultureInfo.InvariantCulture)],
            ScalarValue scalar => [Convert.ToString(scalar.Value, CultureInfo.InvariantCulture) ?? ""],
            SequenceValue sequence => sequence.Elements.SelectMany(Texts),
            _ => [value.ToString()],
        };

    /// <summary>
    /// A value with line breaks is preceded by its length instead of a <c>=</c>; otherwise it could forge the fields after it.
    /// </summary>
    private static void Add(ArrayBufferWriter<byte> datagram, string name, string value, int longest)
    {
        var text = Encoding.UTF8.GetBytes(value.Length <= longest ? value : value[..longest] + "…");
        datagram.Write(Encoding.ASCII.GetBytes(name));
        if (text.AsSpan().Contains((byte)'\n'))
        {
            datagram.Write("\n"u8);
            BinaryPrimitives.WriteUInt64LittleEndian(datagram.GetSpan(8), (ulong)text.Length);
            datagram.Advance(8);
        }
        else
        {
            datagram.Write("="u8);
        }

        datagram.Write(text);
        datagram.Write("\n"u8);
    }
}
