using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Service.Access;
using Cloudlet.Service.Answers;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Operations;

/// <summary>
/// The operations of this service. They outlive the client, and end with the service: after a restart those that ran have failed with that
/// reason, and what they had begun is removed as the runtime removes what a killed command leaves.
/// </summary>
/// <param name="folder">Folder of their records.</param>
/// <param name="audit">Records how they end.</param>
/// <param name="clock">Dates them.</param>
/// <param name="log">Defects.</param>
public sealed partial class OperationBook(string folder, AuditLog audit, TimeProvider clock, ILogger<OperationBook> log)
{
    /// <summary>Name of the source of the operations' traces.</summary>
    public const string TraceSource = "cloudlet.service.operations";

    private const int MostEnded = 500;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    private static readonly ActivitySource Traces = new(TraceSource);

    private readonly ConcurrentDictionary<string, Operation> _operations = new();

    /// <summary>Completes at the next start or end of an operation.</summary>
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Number of operations that run.</summary>
    public int Running => _operations.Values.Count(o => !o.View.HasEnded());

    /// <summary>Reads the records of an earlier run of the service.</summary>
    public void Load()
    {
        Directory.CreateDirectory(folder);
        foreach (var path in Directory.EnumerateFiles(folder, "*.json"))
            try
            {
                if (JsonSerializer.Deserialize(File.ReadAllBytes(path), AnswerJson.Default.OperationView) is not { } view)
                    continue;
                if (!view.HasEnded())
                    Save(view = Interrupted(view));
                _operations[view.Id] = new Operation(view, caller: null);
            }
            catch (Exception e) when (e is JsonException or IOException)
            {
                File.Delete(path);
            }

        Forget();
    }

    /// <summary>The operations of a project, the latest first.</summary>
    /// <param name="scope">The project; null for all.</param>
    public IReadOnlyList<OperationView> List(string? scope) =>
        [
            .. _operations
                .Values.Select(o => o.View)
                .Where(v => scope is null || v.Project == scope)
                .OrderByDescending(v => v.Created)
                .ThenBy(v => v.Id, StringComparer.Ordinal),
        ];

    /// <summary>An operation of a project; NotFound when it has none of that id.</summary>
    public Operation Get(string id, string? scope) =>
        _operations.TryGetValue(id, out var found) && (scope is null || found.View.Project == scope)
            ? found
            : throw new CloudletException(ErrorKind.NotFound, $"no operation '{(id.Length > 40 ? id[..40] : id)}' is known here");

    /// <summary>A task that ends when an operation starts or ends.</summary>
    public Task NextChange() => Volatile.Read(ref _changed).Task;

    /// <summary>Starts work.</summary>
    /// <param name="caller">Who wants it.</param>
    /// <param name="kind">What it does, such as <c>vm.create</c>.</param>
    /// <param name="target">What it works on.</param>
    /// <param name="work">The work. It reports to the operation and returns what it made.</param>
    /// <param name="held">Disposed when it has ended.</param>
    public Operation Start(
        Caller caller,
        string kind,
        string target,
        Func<Operation, CancellationToken, Task<OperationResult?>> work,
        IDisposable? held = null
    )
    {
        var view = new OperationView(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
            kind,
            OperationView.Running,
            clock.GetUtcNow()
        )
        {
            Account = caller.Account,
            Project = caller.Project,
            Target = target,
        };
        var operation = new Operation(view, caller);
        try
        {
            Save(view);
        }
        catch
        {
            held?.Dispose();
            throw;
        }

        _operations[view.Id] = operation;
        Pulse();
        _ = Task.Run(() => RunAsync(operation, work, held), CancellationToken.None);
        return operation;
    }

    /// <summary>Cancels everything that runs, and waits for it; for the end of the service.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        foreach (var operation in _operations.Values)
            operation.Cancel();
        for (var until = clock.GetTimestamp(); Running > 0 && clock.GetElapsedTime(until) < limit; )
            await Task.WhenAny(NextChange(), Task.Delay(TimeSpan.FromMilliseconds(100)));
    }

    private async Task RunAsync(Operation operation, Func<Operation, CancellationToken, Task<OperationResult?>> work, IDisposable? held)
    {
        Func<OperationView, OperationView> last;
        using var trace = Traces.StartActivity(operation.View.Kind);
        trace?.SetTag("operation", operation.View.Id).SetTag("project", operation.View.Project);
        try
        {
            var result = await work(operation, operation.Stopping);
            last = v => v with { State = OperationView.Succeeded, Result = result };
        }
        catch (OperationCanceledException) when (operation.Stopping.IsCancellationRequested)
        {
            last = v => v with { State = OperationView.Cancelled };
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is not CloudletException)
                LogDefect(e, operation.View.Kind, operation.View.Id);
            var problem = Problems.Of(e);
            trace?.SetStatus(ActivityStatusCode.Error, problem.Code);
            last = v => v with { State = OperationView.Failed, Problem = problem };
        }
        finally
        {
            held?.Dispose();
        }

        operation.End(v => last(v) with { Ended = clock.GetUtcNow() });
        Record(operation);
        Pulse();
        Forget();
    }

    private void Record(Operation operation)
    {
        var view = operation.View;
        try
        {
            Save(view);
            var result = view.Problem is { } problem ? $"{view.State}: {problem.Code}" : view.State;
            audit.Write(operation.Caller, "operation", $"operation {view.Kind} {view.Target}", result, view.Id);
        }
        catch (IOException e)
        {
            LogDefect(e, view.Kind, view.Id); // the disk is full: the state in memory is right
        }
    }

    private OperationView Interrupted(OperationView view) =>
        view with
        {
            State = OperationView.Failed,
            Ended = clock.GetUtcNow(),
            Problem = Problems.Of(
                StatusCodes.Status503ServiceUnavailable,
                "the service ended while this ran; nothing of it is left: start it again. What it had made before is listed as usual",
                "service-restarted"
            ),
        };

    private void Save(OperationView view) =>
        FileReplacement.Write(
            Path.Combine(folder, $"{view.Id}.json"),
            JsonSerializer.SerializeToUtf8Bytes(view, AnswerJson.Default.OperationView)
        );

    /// <summary>Forgets what ended long ago.</summary>
    private void Forget()
    {
        var ended = _operations.Values.Select(o => o.View).Where(v => v.HasEnded()).OrderByDescending(v => v.Ended).ToList();
        var oldest = clock.GetUtcNow() - Kept;
        foreach (var view in ended.Skip(MostEnded).Concat(ended.Take(MostEnded).Where(v => v.Ended < oldest)))
            if (_operations.TryRemove(view.Id, out var gone))
            {
                gone.Dispose();
                File.Delete(Path.Combine(folder, $"{view.Id}.json"));
            }
    }

    private void Pulse() =>
        Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    [LoggerMessage(Level = LogLevel.Error, Message = "operation {Kind} {Id} failed unexpectedly")]
    private partial void LogDefect(Exception e, string kind, string id);
}
