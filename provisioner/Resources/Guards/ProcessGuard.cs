using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Converge.State;
using Cloudlet.Linux;

namespace Cloudlet.Resources.Guards;

/// <summary>
/// A guard for hosts without systemd and for namespaces: this program again, as a process in its own session, so that neither our exit nor
/// that of the terminal ends it. It is identified by pid and start time. A reboot ends it, together with the namespace that it guards.
/// </summary>
public sealed class ProcessGuard(GuardCommand command) : IGuard
{
    private string RecordPath => command.Paths.Guard;

    /// <inheritdoc/>
    public Task ArmAsync(string run, TimeSpan window, CancellationToken ct)
    {
        // Start the new guard first, so that the run is always guarded.
        var earlier = Read();
        var process = DetachedProcess.Start(command.Guard(run, window));
        Directory.CreateDirectory(command.Paths.RunFolder);
        var armed = new GuardRecord(run, process.Pid, process.StartTicks);
        FileReplacement.Write(RecordPath, JsonSerializer.SerializeToUtf8Bytes(armed, GuardRecordJson.Default.GuardRecord));
        End(earlier);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DisarmAsync(string run, CancellationToken ct)
    {
        if (Read() is not { } armed)
            return Task.CompletedTask;
        File.Delete(RecordPath);

        // The guard itself calls this after its rollback.
        if (armed.Pid != Environment.ProcessId)
            End(armed);
        return Task.CompletedTask;
    }

    private static void End(GuardRecord? armed)
    {
        if (armed is not null)
            DetachedProcess.End(new ProcessIdentity(armed.Pid, armed.StartTicks));
    }

    private GuardRecord? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(RecordPath), GuardRecordJson.Default.GuardRecord);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>The armed guard process.</summary>
/// <param name="Run">The run that it guards.</param>
/// <param name="Pid">Its process id.</param>
/// <param name="StartTicks">Its start time, in clock ticks since boot.</param>
internal sealed record GuardRecord(string Run, int Pid, long StartTicks);

/// <summary>JSON settings of the record.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GuardRecord))]
internal sealed partial class GuardRecordJson : JsonSerializerContext;
