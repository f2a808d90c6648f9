using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Lab.Tests.Nova;

namespace Cloudlet.Benchmarks.Nova;

/// <summary>One trial in progress: what was observed and when. Its time starts when it is created.</summary>
internal sealed class NovaChain(NovaHost host)
{
    private const string NoValidHost = "No valid host was found. There are not enough hosts available.";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Moment, double> _seconds = [];
    private readonly long _begin = Stopwatch.GetTimestamp();
    private string? _fault;
    private string? _run;

    /// <summary>Changes the broker's password without restarting nova-compute.</summary>
    public async Task BreakAsync()
    {
        _run = await host.ComputeRunAsync();
        await host.ShellAsync(NovaCloud.StalePassword);
        Note(Moment.Broken);
    }

    /// <summary>Waits until Nova has noticed, and requests a server that cannot be placed.</summary>
    public async Task NoValidHostAsync()
    {
        await host.Cloud.ComputeIsAsync("down");
        Note(Moment.Down);
        var server = await host.Cloud.BootAsync();
        _fault = server.Fault;
        if (server.Status != "ERROR" || _fault?.Contains(NoValidHost, StringComparison.Ordinal) != true)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"\"{NoValidHost}\" was not reproduced: the server is {server.Status}: {_fault}"
            );
        Note(Moment.NoValidHost);
    }

    /// <summary>Requests servers until one runs, or the patience is over.</summary>
    public async Task RepairedAsync(TimeSpan patience)
    {
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < patience)
        {
            if (!_seconds.ContainsKey(Moment.Restarted) && await host.ComputeRunAsync() != _run)
                Note(Moment.Restarted);
            if (_seconds.ContainsKey(Moment.Restarted) && !_seconds.ContainsKey(Moment.Up) && await host.Cloud.IsUpAsync())
                Note(Moment.Up);
            var server = await host.Cloud.BootAsync();
            if (server.Status == "ACTIVE")
            {
                Note(Moment.Active);
                return;
            }

            _fault ??= server.Fault;
            await Task.Delay(Pause);
        }
    }

    /// <summary>Records the first occurrence of a moment.</summary>
    public void Note(Moment moment) => _seconds.TryAdd(moment, Stopwatch.GetElapsedTime(_begin).TotalSeconds);

    /// <summary>The trial.</summary>
    public NovaTrial End(string name, string what) => new(name, what, _fault, _seconds);
}
