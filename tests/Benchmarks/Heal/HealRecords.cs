using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>Reads the daemon's records as it writes them.</summary>
/// <param name="path">The file on this machine.</param>
internal sealed class HealRecords(string path)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly List<Heal> _unread = [];
    private long _position;

    /// <summary>When the daemon decided about a resource, s of the monotonic clock.</summary>
    /// <param name="id">The resource.</param>
    /// <param name="since">Only decisions after this moment, s of the monotonic clock.</param>
    public double Decision(string id, double since)
    {
        for (var waited = TimeSpan.Zero; waited < Longest; waited += TimeSpan.FromMilliseconds(5))
        {
            ReadOn();
            if (_unread.Find(h => h.DecidedAt >= since && h.Seen.Any(s => s.Id == id)) is { } heal)
            {
                _unread.RemoveAll(h => h.DecidedAt <= heal.DecidedAt);
                return heal.DecidedAt;
            }

            Thread.Sleep(5);
        }

        throw new CloudletException(
            ErrorKind.Timeout,
            $"{id} was restored, but the daemon wrote no record of it within {Longest.TotalSeconds:0} s"
        );
    }

    private void ReadOn()
    {
        if (!File.Exists(path))
            return;
        if (new FileInfo(path).Length < _position)
        {
            // The file was full and was rotated; its last lines may not be read yet.
            ReadFrom($"{path}.1");
            _position = 0;
        }

        ReadFrom(path);
    }

    private void ReadFrom(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Position = Math.Min(_position, stream.Length);
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd();
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        _position += System.Text.Encoding.UTF8.GetByteCount(whole);
        foreach (var line in whole.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _unread.Add(JsonSerializer.Deserialize<Heal>(line)!);
    }

    private sealed record Heal(
        [property: JsonPropertyName("decidedAt")] double DecidedAt,
        [property: JsonPropertyName("seen")] IReadOnlyList<Seen> Seen
    );

    private sealed record Seen([property: JsonPropertyName("id")] string Id);
}
