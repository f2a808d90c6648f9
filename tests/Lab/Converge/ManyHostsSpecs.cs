using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>A host that does not answer takes bounded time and does not affect the others.</summary>
[Collection(nameof(NetworkdLab))]
public sealed class ManyHostsSpecs(NetworkdConverge site)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dead_host_is_named_and_the_other_one_converges(bool acceptsAndSaysNothing)
    {
        await site.ConvergeAsync();
        await site.ShellAsync("ip link delete cloudlet0");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        if (!acceptsAndSaysNothing)
            listener.Stop();
        var dead = site.WriteFile($"hosts: {{dead: {{reach: 'ssh://root@127.0.0.1:{port}', files: {{/etc/motd: {{content: x}}}}}}}}\n");

        var watch = Stopwatch.StartNew();
        var run = await site.RunWithAsync("apply", ["--ssh-option", "ConnectTimeout=3"], dead);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(1));
        run.ShouldExitWith(1);
        run.Named("finished").ShouldHaveSingleItem().GetProperty("host").GetString().ShouldBe("edge-1");
        var refused = run.Named("refused").ShouldHaveSingleItem();
        refused.GetProperty("host").GetString().ShouldBe("dead");
        refused.GetProperty("message").GetString()!.ShouldContain("127.0.0.1");
        run.Named("summary").ShouldHaveSingleItem().GetProperty("notOk").EnumerateArray().Select(h => h.GetString()).ShouldBe(["dead"]);
        (await site.RunAsync("verify")).ShouldExitWith(0);
    }
}
