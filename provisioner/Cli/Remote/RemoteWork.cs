using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Cli.Remote;

/// <summary>Starts an operation of a service and shows its progress, as work on this machine does.</summary>
internal static class RemoteWork
{
    /// <summary>Sends a request that starts an operation, and follows it to its end.</summary>
    /// <returns>What was made; null when nothing is.</returns>
    public static async Task<OperationResult?> RunAsync<T>(
        this ServiceClient client,
        string path,
        T request,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        var operation = await client.PostAsync(path, request, type, AnswerJson.Default.OperationView, ct);
        return await client.FollowAsync(operation, new OperationLines(console.Error), ct);
    }

    /// <summary>The same for a request without a body.</summary>
    public static async Task<OperationResult?> RunAsync(
        this ServiceClient client,
        HttpMethod method,
        string path,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        var operation = await client.CallAsync(method, path, AnswerJson.Default.OperationView, ct);
        return await client.FollowAsync(operation, new OperationLines(console.Error), ct);
    }

    /// <summary>Uploads a file and shows how far it is.</summary>
    public static async Task<string> SendAsync(
        this ServiceClient client,
        string file,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        var progress = new ErrorLines(console.Error);
        progress.Report($"sending {file} to {client.Login.Address}");
        return await client.UploadAsync(file, new ByteLines(progress, "sent", new FileInfo(file).Length), ct);
    }

    /// <summary>Removes several things of a kind.</summary>
    /// <param name="client">The service.</param>
    /// <param name="kind">bases or overlays, as in paths.</param>
    /// <param name="word">The kind in messages.</param>
    /// <param name="which">Names or ids.</param>
    /// <param name="console">Prints each that was removed.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<int> RemoveAsync(
        this ServiceClient client,
        string kind,
        string word,
        IReadOnlyList<string> which,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        foreach (var one in which)
        {
            await client.DeleteAsync(PathOf(kind, one), ct);
            await console.Output.WriteLineAsync($"{word} {one} was removed");
        }

        return ExitCodes.Ok;
    }

    /// <summary>A path with an id or name in it.</summary>
    public static string PathOf(string kind, string id, string more = "") => $"/v1/{kind}/{Uri.EscapeDataString(id)}{more}";
}

/// <summary>Prints new steps of an operation, and once a second how far a step is.</summary>
internal sealed class OperationLines(TextWriter errors) : IProgress<OperationView>
{
    private string? _step;
    private long _printed;

    public void Report(OperationView value)
    {
        if (value.Step is null)
            return;
        if (value.Step != _step)
        {
            _step = value.Step;
            if (value.TotalBytes is null)
                errors.WriteLine($"… {value.Step}");
        }

        if (value is { TotalBytes: > 0 and var total, DoneBytes: { } done } && Environment.TickCount64 - _printed >= 1000)
        {
            _printed = Environment.TickCount64;
            errors.WriteLine($"… {value.Step}: {100 * done / total} %");
        }
    }
}

/// <summary>Prints once a second how much of a file was sent or fetched.</summary>
internal sealed class ByteLines(IProgress<string> to, string what, long total) : IProgress<long>
{
    private long _printed = Environment.TickCount64;

    public void Report(long value)
    {
        if (Environment.TickCount64 - _printed < 1000)
            return;
        _printed = Environment.TickCount64;
        to.Report(total > 0 ? $"{what}: {100 * value / total} % of {ByteText.Of(total)}" : $"{what}: {ByteText.Of(value)}");
    }
}
