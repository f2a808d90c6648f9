using System.Diagnostics;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Resources.Tests.State;

public sealed partial class HostLockSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A child has a copy until it executes its program; here it is a copy of the descriptor that is never closed.</summary>
    [Fact]
    public void A_copy_of_the_open_file_does_not_keep_the_lock()
    {
        var held = HostLock.Take(_folder["lock"], TimeProvider.System);
        var number = Directory.GetFiles("/proc/self/fd").First(fd => new FileInfo(fd).LinkTarget == _folder["lock"]);
        using var copy = new SafeFileHandle(Duplicate(int.Parse(Path.GetFileName(number))), ownsHandle: true);
        copy.IsInvalid.ShouldBeFalse();

        held.Dispose();

        HostLock.Take(_folder["lock"], TimeProvider.System).Dispose();
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [Fact]
    public void A_file_in_place_of_the_locks_folder_is_named()
    {
        _folder.Write("run", "x");
        var error = Should.Throw<CloudletException>(() => HostLock.Take(_folder["run/lock"], TimeProvider.System));
        error.Message.ShouldContain($"cannot create the folder {_folder["run"]}");
    }

    [Fact]
    public void The_lock_is_exclusive_and_free_again_afterwards()
    {
        using (HostLock.Take(_folder["run/lock"], TimeProvider.System))
            Should.Throw<CloudletException>(() => HostLock.Take(_folder["run/lock"], TimeProvider.System)).Kind.ShouldBe(ErrorKind.Busy);
        HostLock.Take(_folder["run/lock"], TimeProvider.System).Dispose();
        new FileInfo(_folder["run/lock"]).Length.ShouldBe(0);
    }

    [Fact]
    public async Task Another_holder_is_named_and_kill_9_frees_the_lock()
    {
        using var holder = Process.Start(
            new ProcessStartInfo("flock", ["--exclusive", "--no-fork", _folder["lock"], "sleep", "60"]) { UseShellExecute = false }
        )!;
        try
        {
            var error = await EventuallyAsync(Blocked, e => e?.Message.Contains("(sleep 60)") == true);
            error!.Kind.ShouldBe(ErrorKind.Busy);
            error.Message.ShouldMatch(
                $@"^another run has the lock: pid {holder.Id} \(sleep 60\), since \d\d:\d\d:\d\d; wait for it or stop it$"
            );
        }
        finally
        {
            holder.Kill();
            await holder.WaitForExitAsync();
        }

        Blocked().ShouldBeNull();
    }

    [Fact]
    public void A_started_program_does_not_inherit_the_lock()
    {
        var held = HostLock.Take(_folder["lock"], TimeProvider.System);
        using var child = Process.Start(new ProcessStartInfo("sleep", ["60"]) { UseShellExecute = false })!;
        try
        {
            held.Dispose();
            Blocked().ShouldBeNull();
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    [Fact]
    public async Task A_heal_is_waited_for_and_another_run_is_not()
    {
        var paths = StatePaths.Host with { RunFolder = _folder.Path };
        using var machine = new FakeMachine();
        var store = new HostConvergeStore(machine.Files, paths, vault: null, TimeProvider.System, TimeSpan.FromMilliseconds(1));
        await File.WriteAllTextAsync(_folder["healthd"], "sleep $2\n");
        await File.WriteAllTextAsync(_folder["apply"], "sleep $2\n");

        using (var heal = Hold("healthd", "1"))
        {
            store.Lock().Dispose();
            await heal.WaitForExitAsync();
        }

        using var apply = Hold("apply", "60");
        try
        {
            Should.Throw<CloudletException>(store.Lock).Kind.ShouldBe(ErrorKind.Busy);
        }
        finally
        {
            apply.Kill(entireProcessTree: true);
            await apply.WaitForExitAsync();
        }

        // A shell under the name cloudlet, with a verb as its script.
        Process Hold(string verb, string seconds)
        {
            var process = Process.Start(
                new ProcessStartInfo("flock", ["--no-fork", paths.Lock, "bash", "-c", $"exec -a cloudlet bash {verb} run {seconds}"])
                {
                    UseShellExecute = false,
                    WorkingDirectory = _folder.Path,
                }
            )!;
            while (!LockHolder.Describe(paths.Lock, TimeProvider.System).Contains($"(cloudlet {verb} run"))
                Thread.Sleep(5);
            return process;
        }
    }

    private static async Task<T> EventuallyAsync<T>(Func<T> look, Func<T, bool> until)
    {
        for (var i = 0; ; i++)
        {
            var seen = look();
            if (until(seen) || i == 500)
                return seen;
            await Task.Delay(20);
        }
    }

    private CloudletException? Blocked()
    {
        try
        {
            HostLock.Take(_folder["lock"], TimeProvider.System).Dispose();
            return null;
        }
        catch (CloudletException e)
        {
            return e;
        }
    }
}
