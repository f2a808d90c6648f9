namespace Cloudlet.Stores.Tests.Servers;

/// <summary>Debian's docker-registry on loopback, with the account tester.</summary>
public class DockerRegistry : RealServer
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

    /// <summary>The part of the configuration that says how to log in.</summary>
    protected virtual string Auth()
    {
        Folder.Write("accounts", $"{User}:{Hash}\n");
        return $"auth:\n  htpasswd:\n    realm: test\n    path: {Folder["accounts"]}\n";
    }

    protected override async Task StartAsync()
    {
        var auth = Auth();
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
