namespace Cloudlet.Machine.Ssh;

/// <summary>Reads another stream and reports how many bytes were read.</summary>
internal sealed class CountedStream(Stream inner, IProgress<long>? progress) : SequentialStream
{
    private long _count;

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken));

    private int Count(int read)
    {
        _count += read;
        if (read > 0)
            progress?.Report(_count);
        return read;
    }
}
