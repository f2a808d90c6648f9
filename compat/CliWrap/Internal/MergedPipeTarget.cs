using System.IO.Pipelines;

namespace CliWrap.Internal;

/// <summary>Reads the origin once and hands every target its own copy, at the pace of the slowest.</summary>
internal sealed class MergedPipeTarget(IReadOnlyList<PipeTarget> targets) : PipeTarget
{
    public override async Task CopyFromAsync(Stream origin, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pipes = targets.Select(_ => new Pipe()).ToArray();
        var deliveries = targets
            .Select((target, i) => Task.Run(() => DeliverAsync(target, pipes[i].Reader, stop), CancellationToken.None))
            .ToArray();
        Exception? failure = null;
        try
        {
            await ReplicateAsync(origin, pipes, stop.Token);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            foreach (var pipe in pipes)
                await pipe.Writer.CompleteAsync(failure);
            // A target that failed is the cause of our own cancellation: its exception replaces ours.
            await Task.WhenAll(deliveries);
        }
    }

    private static async Task ReplicateAsync(Stream origin, Pipe[] pipes, CancellationToken cancellationToken)
    {
        var block = new byte[16_384];
        int count;
        while ((count = await origin.ReadAsync(block, cancellationToken)) > 0)
        {
            foreach (var pipe in pipes)
                await pipe.Writer.WriteAsync(block.AsMemory(0, count), cancellationToken);
        }
    }

    private static async Task DeliverAsync(PipeTarget target, PipeReader reader, CancellationTokenSource stop)
    {
        try
        {
            await target.CopyFromAsync(reader.AsStream(leaveOpen: true), stop.Token);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
        finally
        {
            // From here on the writer drops what it is given, so a target that stops early does not hold up the others.
            await reader.CompleteAsync();
        }
    }
}
