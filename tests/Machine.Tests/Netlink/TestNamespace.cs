using System.Diagnostics;
using System.Globalization;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>A network namespace of one test, removed afterwards in any case.</summary>
public sealed class TestNamespace : IDisposable
{
    private static int s_count;

    public TestNamespace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: network namespaces");
        Name = $"provtest-{Environment.ProcessId}-{Interlocked.Increment(ref s_count).ToString(CultureInfo.InvariantCulture)}";
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

    public LinkInfo this[string name] => Links.Find(name).ShouldNotBeNull();

    public int Bridge(string name, bool up = true) => Links.Create(new LinkToCreate(name, "bridge") { Up = up });

    /// <summary>Runs iproute2 inside the namespace: an observer that shares no code with ours.</summary>
    public (int ExitCode, string Output) Ip(string arguments) => Run("ip", $"-n {Name} {arguments}");

    /// <summary>Runs a program inside the namespace.</summary>
    public (int ExitCode, string Output) RunInside(string command) => Run("ip", $"netns exec {Name} {command}");

    public void Dispose()
    {
        Links.Dispose();
        NetworkNamespaces.Delete(Name);
    }

    internal static (int ExitCode, string Output) Run(string program, string arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + error.GetAwaiter().GetResult());
    }
}
