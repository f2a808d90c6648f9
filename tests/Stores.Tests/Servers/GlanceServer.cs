using System.Globalization;
using System.Text.Json.Nodes;
using Cloudlet.Stores.Http;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Stores.Tests.Servers;

/// <summary>Debian's glance-api on loopback, without Keystone: logins and the catalog are those of a fake one.</summary>
public sealed class GlanceServer : RealServer
{
    public const string Password = "Xq7-s3cret";
    private FakeCloud? _keystone;

    public int Port { get; private set; }

    /// <summary>Folder of the data of images.</summary>
    public string Images => Folder["images"];

    /// <summary>Where the catalog says that Glance is.</summary>
    public Uri? Endpoint { get; set; }

    protected override IReadOnlyList<string> Programs => ["glance-api", "glance-manage"];

    protected override string Package => "glance-api";

    /// <summary>The environment of a client.</summary>
    public StoreOptions Options(string password = Password) =>
        new()
        {
            Environment = name =>
                name switch
                {
                    "OS_AUTH_URL" => _keystone!.AuthUrl,
                    "OS_USERNAME" or "OS_PROJECT_NAME" => "admin",
                    "OS_PASSWORD" => password,
                    _ => null,
                },
        };

    protected override async Task StartAsync()
    {
        Port = FreePort();
        Directory.CreateDirectory(Images);
        var configuration = Folder.Write(
            "glance.conf",
            $"""
            [DEFAULT]
            bind_host = 127.0.0.1
            bind_port = {Port}
            workers = 0
            log_file = {Folder["log"]}
            [database]
            connection = sqlite:///{Folder["db"]}
            [paste_deploy]
            config_file = /etc/glance/glance-api-paste.ini
            [glance_store]
            stores = file
            default_store = file
            filesystem_store_datadir = {Images}
            """
        );
        await RunAsync("glance-manage", "--config-file", configuration, "db_sync");
        Start("glance-api", "--config-file", configuration);
        _keystone = new FakeCloud(Password);
        _keystone.Instead = LogIn;
        await AnswersAsync(Port);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_keystone is not null)
            await _keystone.DisposeAsync();
        await base.DisposeAsync();
    }

    private FakeAnswer? LogIn(FakeRequest request)
    {
        if (!request.Path.EndsWith("/auth/tokens", StringComparison.Ordinal))
            return new FakeAnswer(404);
        var given = (string?)JsonNode.Parse(request.Body)!["auth"]!["identity"]!["password"]!["user"]!["password"];
        if (given != Password)
            return new FakeAnswer(401, """{"error": {"code": 401, "message": "The request you have made requires authentication."}}""");
        var token = new JsonObject
        {
            ["issued_at"] = DateTime.UtcNow.ToString("o", CultureInfo.InvariantCulture),
            ["expires_at"] = DateTime.UtcNow.AddHours(1).ToString("o", CultureInfo.InvariantCulture),
            ["project"] = new JsonObject { ["id"] = "p-admin" },
            ["catalog"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "image",
                    ["endpoints"] = new JsonArray(new JsonObject { ["interface"] = "public", ["url"] = Endpoint!.ToString() }),
                }
            ),
        };
        return new FakeAnswer(201, new JsonObject { ["token"] = token }.ToJsonString())
        {
            Headers = new() { ["X-Subject-Token"] = "token-of-this-test" },
        };
    }
}
