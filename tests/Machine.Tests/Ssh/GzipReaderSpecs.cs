using System.IO.Compression;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Machine.Tests.Ssh;

public class GzipReaderSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task The_output_decompresses_to_the_input_and_is_smaller(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content.AsSpan(0, length / 2)); // the other half compresses to almost nothing
        using var packed = new MemoryStream();
        await using (var reader = new GzipReader(new MemoryStream(content)))
            await reader.CopyToAsync(packed);

        packed.Length.ShouldBeLessThan((length / 2) + (length / 100) + 50);
        packed.Position = 0;
        using var unpacked = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Decompress))
            await gzip.CopyToAsync(unpacked);
        unpacked.ToArray().ShouldBe(content);
    }

    [Fact]
    public async Task An_error_of_the_source_reaches_the_reader_instead_of_a_short_stream()
    {
        await using var reader = new GzipReader(new Failing());
        (await Should.ThrowAsync<IOException>(async () => await reader.CopyToAsync(Stream.Null))).Message.ShouldBe("the disk is gone");
    }

    [Fact]
    public async Task A_reader_that_stops_early_leaves_nothing_running()
    {
        var source = new MemoryStream(new byte[50_000_000]);
        var reader = new GzipReader(source);
        (await reader.ReadAsync(new byte[1])).ShouldBe(1);
        await reader.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        var position = source.Position;
        await Task.Delay(50);
        source.Position.ShouldBe(position);
    }

    private sealed class Failing : MemoryStream
    {
        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            Task.FromException(new IOException("the disk is gone"));
    }
}
