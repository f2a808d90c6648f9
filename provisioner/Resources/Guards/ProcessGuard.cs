using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Converge.State;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Guards;

/// <summary>
/// A guard for hosts without systemd and for namespaces: this program once more, as a process in a session of its own, so that neither our end nor that of the terminal takes it along.
/// It is known by pid and start time. A reboot ends it, as it ends what it guards in a namespace.
/// </summary>
public sealed class ProcessGuard(GuardCommand command) : IGuard
{
    private string RecordPath => command.Paths.Guard;

    /// <inheritdoc/>
    public async Task ArmAsync(string run, TimeSpan window, CancellationToken ct)
    {
        // The new one first: there is no moment without.
        var earlier = Read();
        var process = DetachedProcess.Start(command.Guard(run, window));
        Directory.CreateDirectory(command.Paths.RunFolder);
        await WriteAsync(new GuardRecord(run, process.Pid, process.StartTicks), ct);
        End(earlier);
    }

    /// <inheritdoc/>
    public Task DisarmAsync(string run, CancellationToken ct)
    {
        if (Read() is not { } armed)
            return Task.CompletedTask;
        File.Delete(RecordPath);

        // The guard itself asks for this when it has gone back.
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

    private async Task WriteAsync(GuardRecord armed, CancellationToken ct)
    {
        var temporary = $"{RecordPath}.new";
        await File.WriteAllBytesAsync(temporary, JsonSerializer.SerializeToUtf8Bytes(armed, GuardRecordJson.Default.GuardRecord), ct);
        File.Move(temporary, RecordPath, overwrite: true);
    }
}

/// <summary>The guard process that is armed.</summary>
/// <param name="Run">The run that it guards.</param>
/// <param name="Pid">Its process id.</param>
/// <param name="StartTicks">Its start time, in clock ticks since boot.</param>
internal sealed record GuardRecord(string Run, int Pid, long StartTicks);

/// <summary>How the record is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(GuardRecord))]
internal sealed partial class GuardRecordJson : JsonSerializerContext;
