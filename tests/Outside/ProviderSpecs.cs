namespace Cloudlet.Outside.Tests;

/// <summary>The published provider, called by Pulumi's own stubs. tests/Lab/Provider tests its whole life cycle on a lab host.</summary>
public sealed class ProviderSpecs
{
    [Fact]
    public async Task Broken_and_hostile_calls_and_dead_hosts_end_with_a_clean_status() => await RunAsync("provider/hostile.mjs");

    [Fact]
    public async Task Fifty_hosts_are_created_at_once()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the hosts are network namespaces of this machine");
        await RunAsync("provider/many.mjs", Guid.NewGuid().ToString("N")[..6], "50");
    }

    private static async Task RunAsync(string script, params IReadOnlyList<string> more)
    {
        var provider = Path.Join(Stubs.Repository, "artifacts/provider/pulumi-resource-cloudlet");
        if (!File.Exists(provider))
        {
            var advice = $"needs the published provider, but {provider} does not exist: run build/publish";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", advice);
            Assert.Fail(advice);
        }

        await Stubs.RequireAsync();
        using var node = Stubs.StartNode(script, [provider, .. more]);
        node.StandardInput.Close();
        var error = node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        node.ExitCode.ShouldBe(0, output + await error);
    }
}
