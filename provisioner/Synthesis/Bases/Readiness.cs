using System.Globalization;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Bases;

/// <summary>The event that shows that a booting guest is ready.</summary>
public enum ReadinessKind
{
    /// <summary>It writes a text to its serial port.</summary>
    Serial,

    /// <summary>It accepts a connection on a TCP port.</summary>
    Port,

    /// <summary>Its processors have been nearly idle for some time.</summary>
    Idle,

    /// <summary>Some time has passed.</summary>
    Time,

    /// <summary>The user says so.</summary>
    Manual,
}

/// <summary>When a guest is ready to be sealed.</summary>
/// <param name="Kind">What to wait for.</param>
/// <param name="Text">The text of <see cref="ReadinessKind.Serial"/>; empty otherwise.</param>
/// <param name="Number">Port, or seconds; 0 otherwise.</param>
public sealed record Readiness(ReadinessKind Kind, string Text, int Number)
{
    private const int LongestText = 200;

    /// <summary>A port of the guest to watch, or null.</summary>
    internal int? GuestPort => Kind == ReadinessKind.Port ? Number : null;

    /// <summary>
    /// Reads <c>serial:TEXT</c>, <c>port:N</c>, <c>idle:SECONDS</c>, <c>time:SECONDS</c> or <c>manual</c>; InvalidInput for anything else.
    /// </summary>
    public static Readiness Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var (kind, value) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        return (kind, value) switch
        {
            ("serial", { Length: > 0 and <= LongestText }) => new Readiness(ReadinessKind.Serial, value, 0),
            ("port", _) when Number(value, 65535) is { } port => new Readiness(ReadinessKind.Port, "", port),
            ("idle", _) when Number(value, 3600) is { } seconds => new Readiness(ReadinessKind.Idle, "", seconds),
            ("time", _) when Number(value, 86400) is { } seconds => new Readiness(ReadinessKind.Time, "", seconds),
            ("manual", "") => new Readiness(ReadinessKind.Manual, "", 0),
            _ => throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{text}' is not a valid condition: write serial:TEXT (at most {LongestText} characters), port:N, idle:SECONDS (at "
                    + "most 3600), time:SECONDS (at most 86400) or manual"
            ),
        };

        static int? Number(string value, int most) =>
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
                ? number
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Kind switch
        {
            ReadinessKind.Serial => $"the text \"{Text}\" on the serial port",
            ReadinessKind.Port => $"an answer on port {Number}",
            ReadinessKind.Idle => $"{Number} s without work",
            ReadinessKind.Time => $"{Number} s to pass",
            _ => "the user",
        };
}
