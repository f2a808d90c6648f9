using Cloudlet.TestKit;

namespace Cloudlet.Stores.Tests.Servers;

/// <summary>Debian's docker-registry on loopback, with the account tester.</summary>
public sealed class DockerRegistry : RealServer
{
    public const string User = "tester";
    public const string Password = "Xq7-s3cret";

    /// <summary>The password by bcrypt with its least cost.</summary>
    private const string Hash = "$2b$04$pH4YzzzbfCC09FgtD2eA7u5Mds8W9cTL6spIHJ7AA3gN272Cg6YUu";

    public int Port { get; private set; }

    /// <summary>Folder of its contents.</summary>
    public string Data => Folder["data"];

    protected override IReadOnlyList<string> Programs => ["docker-registry"];

    protected override string Package => "docker-registry";

    protected override Task StartAsync()
    {
        Folder.Write("accounts", $"{User}:{Hash}\n");
        return StartAsync($"auth:\n  htpasswd:\n    realm: test\n    path: {Folder["accounts"]}\n");
    }

    internal async Task StartAsync(string auth)
    {
        Port = FreePort();
        var configuration = Folder.Write(
            "config.yml",
            $"""
            version: 0.1
            log:
              level: error
              accesslog:
                disabled: true
            storage:
              filesystem:
                rootdirectory: {Data}
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:{Port}
              secret: of this test
            {auth}
            """
        );
        Start("docker-registry", "serve", configuration);
        await AnswersAsync(Port);
    }
}
