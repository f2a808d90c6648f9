using System.Globalization;
using System.Text;
using Cloudlet.Wire.Protocol;
using Google.Protobuf;

namespace Cloudlet.Wire.Grpc;

/// <summary>The text form of a status in the trailers of a response.</summary>
internal static class StatusText
{
    public const string CodeTrailer = "grpc-status";
    public const string MessageTrailer = "grpc-message";
    public const string DetailsTrailer = "grpc-status-details-bin";
    public const string TimeoutHeader = "grpc-timeout";
    public const string ContentType = "application/grpc";

    // Headers have limits of their own (8 KiB at many peers). A stack trace soon exceeds them, and then the status is lost too.
    private const int MaxMessage = 4000;

    /// <summary>The trailers of a status.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Trailers(GrpcStatus status)
    {
        yield return new(CodeTrailer, ((int)status.Code).ToString(CultureInfo.InvariantCulture));
        if (status.Message.Length > 0)
            yield return new(MessageTrailer, Encode(status.Message));
        if (status.Details.Count > 0)
            yield return new(DetailsTrailer, Details(status));
    }

    /// <summary>Parses a status from a code and its trailers. Unreadable details are dropped.</summary>
    public static GrpcStatus Read(string code, string? message, string? details)
    {
        var number =
            int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 0 and <= 16
                ? (GrpcCode)n
                : GrpcCode.Unknown;
        var status = new GrpcStatus(number, Decode(message ?? ""));
        if (details is null)
            return status;
        try
        {
            // Padding is optional on the wire.
            var padded = details.PadRight((details.Length + 3) / 4 * 4, '=');
            return status with { Details = [.. Status.Parser.ParseFrom(Convert.FromBase64String(padded)).Details] };
        }
        catch (Exception e) when (e is FormatException or InvalidProtocolBufferException)
        {
            return status;
        }
    }

    /// <summary>The value of a grpc-timeout header, or null when it is invalid.</summary>
    public static TimeSpan? ReadTimeout(string? text)
    {
        if (
            text is not { Length: >= 2 and <= 9 }
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var amount)
        )
            return null;
        var ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => -1,
        };
        return ticks switch
        {
            < 0 => null,
            0 => TimeSpan.FromTicks(amount / 100),
            _ => TimeSpan.FromTicks(amount * ticks),
        };
    }

    /// <summary>Formats a grpc-timeout header: at most eight digits.</summary>
    public static string WriteTimeout(TimeSpan timeout)
    {
        var milliseconds = (long)Math.Ceiling(Math.Max(timeout.TotalMilliseconds, 0));
        return milliseconds <= 99_999_999 ? $"{milliseconds}m" : $"{Math.Min(milliseconds / 1000, 99_999_999)}S";
    }

    private static string Details(GrpcStatus status)
    {
        var bytes = status.ToProtocol().ToByteArray();
        return Convert.ToBase64String(bytes).TrimEnd('=');
    }

    private static string Encode(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (var b in Encoding.UTF8.GetBytes(message.Length > MaxMessage ? message[..MaxMessage] + "…" : message))
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
                text.Append((char)b);
            else
                text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text);
}
