using System.Runtime.ExceptionServices;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// Runs work inside another network namespace. A namespace is a property of a thread, so the work runs on a new thread, which ends with it;
/// the caller's thread and the thread pool are not affected.
/// </summary>
internal static class NamespaceThread
{
    private const int StackBytes = 256 * 1024;

    /// <summary>Runs <paramref name="work"/> inside <paramref name="ns"/> and waits for it; its exception is thrown here.</summary>
    internal static T RunInside<T>(SafeFileHandle ns, string name, Func<T> work) =>
        Run(() =>
        {
            if (NamespaceCalls.SetNamespace(ns, NamespaceCalls.CLONE_NEWNET) != 0)
                throw KernelErrors.Failure($"enter network namespace \"{name}\"", Errno.Last);
            return work();
        });

    /// <summary>Runs <paramref name="work"/> on a new thread and waits for it; its exception is thrown here.</summary>
    internal static T Run<T>(Func<T> work)
    {
        var result = default(T);
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = work();
                }
                catch (Exception e)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }
            },
            StackBytes
        )
        {
            IsBackground = true,
            Name = "netns",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
