using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Machine.Tests.Ssh;

public sealed class SshTargetSpecs
{
    [Theory]
    [InlineData("ssh://host", "host", null, null)]
    [InlineData("ssh://host/", "host", null, null)]
    [InlineData("ssh://nova@edge-1.example.org:2222", "edge-1.example.org", "nova", 2222)]
    [InlineData("ssh://10.0.0.7:22", "10.0.0.7", null, 22)]
    [InlineData("ssh://root@[fe80::1%eth0]:65535", "fe80::1%eth0", "root", 65535)]
    [InlineData("ssh://[2001:db8::1]", "2001:db8::1", null, null)]
    public void A_target_has_a_host_and_optionally_a_user_and_a_port(string text, string host, string? user, int? port) =>
        SshTarget.Parse(text).ShouldBe(new SshTarget(host, user, port));

    [Theory]
    [InlineData("host")]
    [InlineData("http://host")]
    [InlineData("ssh://")]
    [InlineData("ssh:///")]
    [InlineData("ssh://-oProxyCommand=id")]
    [InlineData("ssh://-l@host")]
    [InlineData("ssh://@host")]
    [InlineData("ssh://user:password@host")]
    [InlineData("ssh://a@b@host")]
    [InlineData("ssh://host:")]
    [InlineData("ssh://host:0")]
    [InlineData("ssh://host:65536")]
    [InlineData("ssh://host:+22")]
    [InlineData("ssh://host:22:22")]
    [InlineData("ssh://2001:db8::1")]
    [InlineData("ssh://[host]")]
    [InlineData("ssh://[127.0.0.1]")]
    [InlineData("ssh://[::1")]
    [InlineData("ssh://[::1]22")]
    [InlineData("ssh://[fe80::1%$(id)]")]
    [InlineData("ssh://host/path")]
    [InlineData("ssh://host name")]
    [InlineData("ssh://ho%hst")]
    [InlineData("ssh://$(id)")]
    [InlineData("ssh://host\n")]
    public void Anything_else_is_refused(string text) =>
        Should.Throw<CloudletException>(() => SshTarget.Parse(text)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Theory]
    [InlineData("ssh://host")]
    [InlineData("ssh://user@[::1]:1")]
    [InlineData("ssh://user@host:22")]
    public void A_target_survives_a_round_trip(string text) => SshTarget.Parse(text).ToString().ShouldBe(text);
}
