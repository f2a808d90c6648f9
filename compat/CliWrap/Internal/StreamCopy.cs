using System.Buffers;

namespace CliWrap.Internal;

internal static class StreamCopy
{
    private const int BlockSize = 81_920;

    /// <summary>Copies the rest of <paramref name="source"/>; <paramref name="autoFlush"/> flushes after every block.</summary>
    public static async Task RunAsync(Stream source, Stream destination, bool autoFlush, CancellationToken cancellationToken)
    {
        var block = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            int count;
            while ((count = await source.ReadAsync(block, cancellationToken)) > 0)
            {
                await destination.WriteAsync(block.AsMemory(0, count), cancellationToken);
                if (autoFlush)
                    await destination.FlushAsync(cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
