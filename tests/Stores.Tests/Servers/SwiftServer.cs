using Cloudlet.Stores.Http;

namespace Cloudlet.Stores.Tests.Servers;

/// <summary>Swift from Debian's packages with its door for S3: one server each for accounts, containers and objects, and a proxy.</summary>
public sealed class SwiftServer : RealServer
{
    public const string Key = "test:tester";
    public const string Secret = "Xq7-s3cret";
    public const string Bucket = "images";

    public int Port { get; private set; }

    protected override IReadOnlyList<string> Programs =>
        ["swift-proxy-server", "swift-account-server", "swift-container-server", "swift-object-server", "swift-ring-builder", "memcached"];

    protected override string Package => "swift-proxy swift-account swift-container swift-object memcached";

    protected override async Task StartAsync()
    {
        Directory.CreateDirectory(Folder["node/d1"]);
        Folder.Write("swift.conf", "[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n");
        var ports = new Dictionary<string, int>();
        await Task.WhenAll(
            new[] { "account", "container", "object" }.Select(async kind =>
            {
                int port;
                lock (ports)
                    ports[kind] = port = FreePort();
                var rings = Folder[$"{kind}.builder"];
                await RunAsync("swift-ring-builder", rings, "create", "2", "1", "0");
                await RunAsync("swift-ring-builder", rings, "add", $"r1z1-127.0.0.1:{port}/d1", "1");
                await RunAsync("swift-ring-builder", rings, "rebalance");
                Start(
                    $"swift-{kind}-server",
                    Folder.Write(
                        $"{kind}.conf",
                        $"{Common(port)}devices = {Folder["node"]}\nmount_check = false\n"
                            + $"[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n"
                    )
                );
            })
        );
        ports["cache"] = FreePort();
        string[] cache = ["-l", "127.0.0.1", "-p", $"{ports["cache"]}", "-U", "0", "-m", "16", "-u", Environment.UserName];
        Start("memcached", cache);
        Port = FreePort();
        Start("swift-proxy-server", Folder.Write("proxy.conf", $"{Common(Port)}{Proxy}memcache_servers = 127.0.0.1:{ports["cache"]}\n"));
        foreach (var port in ports.Values.Append(Port))
            await AnswersAsync(port);
        await MakeBucketAsync();
    }

    private const string Proxy = $"""
        [pipeline:main]
        pipeline = catch_errors cache s3api tempauth slo proxy-server
        [filter:catch_errors]
        use = egg:swift#catch_errors
        [filter:s3api]
        use = egg:swift#s3api
        location = us-east-1
        [filter:tempauth]
        use = egg:swift#tempauth
        user_test_tester = {Secret} .admin
        [filter:slo]
        use = egg:swift#slo
        [app:proxy-server]
        use = egg:swift#proxy
        allow_account_management = true
        account_autocreate = true
        [filter:cache]
        use = egg:swift#memcache

        """;

    /// <summary>The environment of a client.</summary>
    public static StoreOptions Options(string secret = Secret) =>
        new()
        {
            Environment = name =>
                name switch
                {
                    "AWS_ACCESS_KEY_ID" => Key,
                    "AWS_SECRET_ACCESS_KEY" => secret,
                    _ => null,
                },
        };

    private string Common(int port) =>
        $"[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 0\nuser = {Environment.UserName}\nswift_dir = {Folder.Path}\n";

    private async Task MakeBucketAsync()
    {
        using var connection = new S3.S3Connection(new Uri($"http://127.0.0.1:{Port}"), Options());
        await connection.RequireAsync("make the bucket", ct => connection.Client.PutBucketAsync(Bucket, ct), CancellationToken.None);
    }
}
