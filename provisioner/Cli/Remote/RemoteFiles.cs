using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.ServiceApi.Client;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Remote;

/// <summary>Files that a service sends.</summary>
internal static class RemoteFiles
{
    /// <summary>Fetches a file; an existing regular one is replaced when all of it has arrived.</summary>
    public static async Task FetchAsync(
        ServiceClient client,
        string url,
        string file,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        var to = OutputPath.Of(file);
        var progress = new ByteLines(new ErrorLines(console.Error), "fetched", 0);
        if (to.IsStream)
        {
            await using var stream = new FileStream(to.Path, FileMode.Open, FileAccess.Write);
            await client.DownloadAsync(url, stream, progress, ct);
            return;
        }

        var staged = $"{to.Path}.{Guid.NewGuid():n}.part";
        try
        {
            await using (var stream = new FileStream(staged, FileMode.CreateNew, FileAccess.Write))
                await client.DownloadAsync(url, stream, progress, ct);
            File.Move(staged, to.Path, overwrite: true);
        }
        finally
        {
            File.Delete(staged);
        }
    }
}
