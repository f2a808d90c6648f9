namespace Cloudlet.Cli.Output;

/// <summary>Sizes for people.</summary>
internal static class ByteText
{
    /// <summary>A size as text.</summary>
    public static string Of(long bytes) =>
        bytes switch
        {
            >= 10L << 30 => $"{bytes >> 30}G",
            >= 1L << 20 => $"{bytes >> 20}M",
            _ => $"{bytes >> 10}K",
        };
}
