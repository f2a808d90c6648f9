using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Systemd;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Systemd;

/// <summary>A signal that reaches the thread while it waits for systemd, as SIGCHLD does, does not end the wait.</summary>
public sealed partial class BusSignalSpecs
{
    private const int SIGWINCH = 28;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    [Fact]
    public Task A_call_waits_for_its_answer_in_spite_of_signals() =>
        Signalled(static bus =>
        {
            using var call = bus.NewCall(BusConnection.ManagerPath, BusConnection.ManagerInterface, "Subscribe");
            Should.Throw<CloudletException>(() => bus.Call(call, Limit, "listen to systemd")).Kind.ShouldBe(ErrorKind.Timeout);
        });

    [Fact]
    public Task A_wait_for_a_signal_of_systemd_lasts_in_spite_of_signals() =>
        Signalled(static bus => bus.WaitForSignal(static _ => true, Limit, CancellationToken.None).ShouldBeFalse());

    /// <summary>Runs an action on a connection to a manager that never answers, while its thread gets a signal every 10 ms.</summary>
    private static async Task Signalled(Action<BusConnection> action)
    {
        // With a handler the signal interrupts a system call; without one the kernel ignores it.
        using var handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, static context => context.Cancel = true);
        using var folder = new TempDir();
        var address = Path.Combine(folder.Path, "private");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(address));
        listener.Listen();
        var accepted = listener.AcceptAsync();
        var thread = new TaskCompletionSource<int>();
        var work = Task.Factory.StartNew(
            () =>
            {
                using var bus = BusConnection.Open($"unix:path={address}");
                thread.SetResult(CurrentThread());
                action(bus);
            },
            TaskCreationOptions.LongRunning
        );

        using var manager = await accepted;
        await manager.SendAsync(Encoding.ASCII.GetBytes($"DATA\r\nOK {new string('a', 32)}\r\nAGREE_UNIX_FD\r\n"));
        while (!work.IsCompleted)
        {
            Signal(Environment.ProcessId, await thread.Task, SIGWINCH).ShouldBe(0);
            await Task.WhenAny(work, Task.Delay(10));
        }

        await work;
    }

    private static int CurrentThread() =>
        int.Parse(Path.GetFileName(new FileInfo("/proc/thread-self").ResolveLinkTarget(false)!.FullName), CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "tgkill")]
    private static partial int Signal(int process, int thread, int signal);
}
