using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>From which host, and which of its secrets, a value comes in the end.</summary>
public sealed class SecretOriginSpecs
{
    private static readonly SecretOrigins Origins = new(
        new Dictionary<string, HostSection>
        {
            ["controller"] = Host(
                ("rabbit", new SecretSource { Generate = 32 }),
                ("path", "/etc/path"),
                ("alias", "/etc/cloudlet/secrets/rabbit"),
                ("odd", "/etc/cloudlet/secrets/path")
            ),
            ["edge-1"] = Host(("rabbit", From("controller")), ("path", From("controller")), ("mine", new SecretSource { Env = "MINE" })),
            ["edge-2"] = Host(
                ("broker", From("edge-1", "rabbit")),
                ("alias", From("controller")),
                ("lost", From("edge-1")),
                ("gone", From("nowhere")),
                ("ring", From("edge-3"))
            ),
            ["edge-3"] = Host(("ring", From("edge-2"))),
        }
    );

    [Theory]
    [InlineData("edge-1", "rabbit", "controller", "rabbit")]
    [InlineData("edge-1", "path", "controller", "path")]
    [InlineData("edge-1", "mine", "edge-1", "mine")]
    [InlineData("edge-2", "broker", "controller", "rabbit")]
    [InlineData("edge-2", "alias", "controller", "rabbit")]
    [InlineData("controller", "odd", "controller", "odd")]
    public void A_secret_is_followed_to_the_host_that_has_the_value(string host, string name, string originHost, string originName) =>
        Origins.OriginOf(new HostSecret(host, name)).ShouldBe(new HostSecret(originHost, originName));

    [Theory]
    [InlineData("edge-2", "lost")]
    [InlineData("edge-2", "gone")]
    [InlineData("edge-2", "ring")]
    [InlineData("edge-2", "undeclared")]
    public void Without_an_end_there_is_no_origin(string host, string name) => Origins.OriginOf(new HostSecret(host, name)).ShouldBeNull();

    private static SecretSection From(string host, string? name = null) =>
        new()
        {
            Source = new SecretSource { From = host, Name = name },
        };

    private static HostSection Host(params (string Name, Described Secret)[] secrets) =>
        new() { Secrets = secrets.ToDictionary(static s => s.Name, static s => s.Secret.Section) };

    /// <summary>A path, a source or a section.</summary>
    private sealed record Described(SecretSection Section)
    {
        public static implicit operator Described(string path) => new(SecretSection.FromString(path));

        public static implicit operator Described(SecretSource source) => new(new SecretSection { Source = source });

        public static implicit operator Described(SecretSection section) => new(section);
    }
}
