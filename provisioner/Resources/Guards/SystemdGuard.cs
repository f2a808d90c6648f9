using System.Buffers;
using System.Text;
using Cloudlet.Converge.State;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Guards;

/// <summary>
/// A guard that is a systemd timer: it needs no process of ours, and it survives a reboot within the window; then it waits for the whole
/// window again.
/// </summary>
public sealed class SystemdGuard(ISystemd systemd, IHostFiles files, GuardCommand command) : IGuard
{
    private const string Timer = "cloudlet-guard.timer";
    private const string Service = "cloudlet-guard.service";
    private const string Folder = "/etc/systemd/system";
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly SearchValues<char> Special = SearchValues.Create(" \t'\"\\;");

    /// <inheritdoc/>
    public async Task ArmAsync(string run, TimeSpan window, CancellationToken ct)
    {
        files.Write($"{Folder}/{Service}", Encoding.UTF8.GetBytes(ServiceText(run)), Readable);
        files.Write($"{Folder}/{Timer}", Encoding.UTF8.GetBytes(TimerText(window)), Readable);
        systemd.DaemonReload();

        // A service that was triggered while a long run held the lock keeps retrying; with a new deadline that is too early.
        if (systemd.Get(Service).ActiveState is not ("inactive" or "failed"))
            await systemd.StopAsync(Service, ct);
        systemd.Enable(Timer);
        await systemd.RestartAsync(Timer, ct);
    }

    /// <summary>Removes the timer. The service is left alone, because it may be the caller.</summary>
    public async Task DisarmAsync(string run, CancellationToken ct)
    {
        if (files.Stat($"{Folder}/{Timer}") is null && files.Stat($"{Folder}/{Service}") is null)
            return;
        if (systemd.Get(Timer) is { LoadState: not "not-found" } timer)
        {
            if (timer.ActiveState is not ("inactive" or "failed"))
                await systemd.StopAsync(Timer, ct);
            if (timer.UnitFileState is "enabled" or "enabled-runtime")
                systemd.Disable(Timer);
        }

        files.Delete($"{Folder}/{Timer}");
        files.Delete($"{Folder}/{Service}");
        systemd.DaemonReload();
    }

    private static string TimerText(TimeSpan window) =>
        $"""
            # Managed by Provision (cloudlet): rolls back the last apply unless it is confirmed.
            [Unit]
            Description=Wait for the confirmation of the last cloudlet apply

            [Timer]
            OnActiveSec={Math.Max(1, (long)window.TotalMilliseconds)}ms
            AccuracySec=50ms

            [Install]
            WantedBy=timers.target

            """;

    private string ServiceText(string run) =>
        $"""
            # Managed by Provision (cloudlet): rolls back the last apply unless it is confirmed.
            [Unit]
            Description=Roll back an unconfirmed cloudlet apply
            StartLimitIntervalSec=0

            [Service]
            Type=oneshot
            ExecStart={string.Join(' ', command.RollBack(run).Select(Quote))}
            Restart=on-failure
            RestartSec=1s

            """;

    /// <summary>Quotes a word of a command line as in systemd.syntax(7) and systemd.service(5).</summary>
    private static string Quote(string word)
    {
        var text = word.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("%", "%%", StringComparison.Ordinal)
            .Replace("$", "$$", StringComparison.Ordinal);
        return text.AsSpan().IndexOfAny(Special) >= 0 ? $"\"{text}\"" : text;
    }
}
