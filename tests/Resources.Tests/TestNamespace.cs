using System.Diagnostics;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Tests;

/// <summary>A network namespace of one test, removed afterwards in any case.</summary>
public sealed class TestNamespace : IDisposable
{
    private static int s_count;

    public TestNamespace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: network namespaces");
        Name = $"restest-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        NetworkNamespaces.Create(Name);
        try
        {
            Links = RouteNetlink.Open(Name);
        }
        catch
        {
            NetworkNamespaces.Delete(Name);
            throw;
        }
    }

    public string Name { get; }

    public RouteNetlink Links { get; }

    /// <summary>Runs iproute2 inside the namespace, as other software on the host would.</summary>
    public string Ip(string arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("ip", $"-n {Name} {arguments}")
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"ip {arguments}: {error.GetAwaiter().GetResult()}");
    }

    /// <summary>Runs a program inside the namespace.</summary>
    public void Exec(string command)
    {
        using var process = Process.Start(
            new ProcessStartInfo("ip", $"netns exec {Name} {command}") { UseShellExecute = false, RedirectStandardError = true }
        )!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command}: {error}");
    }

    public void Dispose()
    {
        Links.Dispose();
        NetworkNamespaces.Delete(Name);
    }
}
