namespace Cloudlet.Lab.Tests.OpenStack;

/// <summary>
/// A real cloud is broken in every way that is known, and <c>cloudlet explain</c> has to find the cause, without an openrc file.
/// </summary>
[Collection(nameof(CloudLab))]
public sealed class CloudExplainSpecs(CloudConverge site)
{
    private const string Cloudlet = "/usr/local/lib/cloudlet/cloudlet";

    /// <summary>The administrator's account, for the commands that break and repair.</summary>
    private const string Account = """
        export OS_AUTH_URL=http://10.80.0.1:5000/v3 OS_USERNAME=admin OS_PROJECT_NAME=admin OS_IDENTITY_API_VERSION=3
        export OS_PASSWORD=$(cat /etc/cloudlet/secrets/keystone-admin) OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default
        """;

    /// <summary>The breakages.</summary>
    public static TheoryData<string> Chosen => new(CloudBreakage.All.Select(b => b.ToString()));

    [Theory]
    [MemberData(nameof(Chosen))]
    public async Task The_cause_is_named_first(string breakage)
    {
        Assert.SkipUnless(CloudConverge.IsAll, "./check --long runs it: each breakage takes a minute");
        var broken = CloudBreakage.All.Single(b => b.ToString() == breakage);
        await site.BeginAsync();
        await site.ShellAsync("systemctl stop cloudlet-healthd"); // it would heal the breakage before it is explained
        await site.ShellAsync($"{Account}\n{CloudBreakage.Note}");
        string explained;
        try
        {
            await site.ShellAsync($"{Account}\n{broken.Script}");
            await site.ShellAsync($"{Cloudlet} collect {broken.Arguments} --output /root");
            explained = await site.ShellAsync($"{Cloudlet} explain --bundle /root/edge-1.bundle");
        }
        finally
        {
            await site.ShellAsync($"{Account}\n{broken.Undo}");
        }

        explained.ShouldContain($"\n1. {broken.Cause} ");
    }
}
