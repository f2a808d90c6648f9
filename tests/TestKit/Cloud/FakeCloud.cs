using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Cloudlet.TestKit.Cloud;

/// <summary>An answer of the fake services.</summary>
/// <param name="Status">HTTP status; 0: the connection ends after the first byte of the body.</param>
/// <param name="Body">Body; null: empty.</param>
public sealed record FakeAnswer(int Status, string? Body = null)
{
    /// <summary>Further headers.</summary>
    public Dictionary<string, string> Headers { get; init; } = [];
}

/// <summary>A request as the fake services received it.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Path">Its path with the query.</param>
/// <param name="Body">Its body.</param>
/// <param name="Token">Its X-Auth-Token; null: none.</param>
public sealed record FakeRequest(string Method, string Path, string Body, string? Token);

/// <summary>
/// An HTTP server on loopback that speaks the part of Keystone, Nova, Glance and Neutron that the product uses: tokens, collections with
/// filters and pages, and the services' own ways of errors.
/// </summary>
public sealed class FakeCloud : IAsyncDisposable
{
    /// <summary>Id of the project admin.</summary>
    public const string AdminProject = "p-admin";

    private readonly HttpListener _listener = new();
    private readonly Task _serving;
    private readonly FakeObjects _objects;
    private readonly HashSet<string> _tokens = [];
    private readonly Lock _gate = new();

    /// <summary>Starts it, with the account admin and its project.</summary>
    public FakeCloud(string password = "s3cret")
    {
        Root = $"http://127.0.0.1:{FreePort()}";
        _listener.Prefixes.Add($"{Root}/");
        _listener.Start();
        _objects = new FakeObjects(Root, Passwords);
        Passwords["admin"] = password;
        Add(
            "projects",
            new()
            {
                ["id"] = AdminProject,
                ["name"] = "admin",
                ["domain_id"] = "default",
                ["enabled"] = true,
            }
        );
        Add(
            "users",
            new()
            {
                ["id"] = "u-admin",
                ["name"] = "admin",
                ["domain_id"] = "default",
                ["enabled"] = true,
            }
        );
        Add("roles", new() { ["id"] = "r-admin", ["name"] = "admin" });
        _serving = ServeAsync();
    }

    /// <summary>Scheme, address and port.</summary>
    public string Root { get; }

    /// <summary>Where Keystone answers.</summary>
    public string AuthUrl => $"{Root}/identity/v3";

    /// <summary>Name of an account → its password.</summary>
    public Dictionary<string, string> Passwords { get; } = [];

    /// <summary>Types of services in the catalog.</summary>
    public List<string> Catalog { get; } = ["compute", "image", "network"];

    /// <summary>Everything that was asked.</summary>
    public List<FakeRequest> Requests { get; } = [];

    /// <summary>What was asked that changes something, as <c>METHOD path</c>, without logins.</summary>
    public IEnumerable<string> Changes =>
        Requests
            .Where(static r => r.Method != "GET" && !r.Path.EndsWith("/auth/tokens", StringComparison.Ordinal))
            .Select(static r => $"{r.Method} {r.Path}");

    /// <summary>How many logins there were.</summary>
    public int Logins => Requests.Count(static r => r.Path.EndsWith("/auth/tokens", StringComparison.Ordinal));

    /// <summary>Most objects of a page.</summary>
    public int PageSize
    {
        get => _objects.PageSize;
        set => _objects.PageSize = value;
    }

    /// <summary>Seconds that a token is valid.</summary>
    public int TokenSeconds { get; set; } = 3600;

    /// <summary>Answers before the services do; null: they answer.</summary>
    public Func<FakeRequest, FakeAnswer?>? Instead { get; set; }

    /// <summary>How servers behave.</summary>
    public FakeServers Servers => _objects.Servers;

    /// <summary>The objects of a collection.</summary>
    public List<JsonObject> this[string collection] => _objects[collection];

    /// <summary>The object of a collection with a name.</summary>
    public JsonObject Named(string collection, string name) => this[collection].Single(o => (string?)o["name"] == name);

    /// <summary>Adds an object, with an id when it has none.</summary>
    public JsonObject Add(string collection, JsonObject added) => _objects.Add(collection, added);

    /// <summary>Makes every issued token invalid.</summary>
    public void RevokeTokens()
    {
        lock (_gate)
            _tokens.Clear();
    }

    /// <summary>Ends it: the port refuses connections.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Close();

        // Closing a listener may leave a request behind that no client waits for; the end of a test must not wait for it.
        await Task.WhenAny(_serving, Task.Delay(TimeSpan.FromSeconds(10)));
    }

    /// <summary>A port of loopback that nothing listens on now.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task ServeAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                running.Add(AnswerAsync(context));
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }

        await Task.WhenAll(running);
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Request.InputStream, Encoding.Latin1);
            var request = new FakeRequest(
                context.Request.HttpMethod,
                context.Request.Url!.PathAndQuery,
                await reader.ReadToEndAsync(),
                context.Request.Headers["X-Auth-Token"]
            );
            FakeAnswer answer;
            lock (_gate)
            {
                Requests.Add(request);
                answer = Instead?.Invoke(request) ?? Answer(request);
            }

            if (answer.Status == 0)
            {
                context.Response.ContentLength64 = 100;
                await context.Response.OutputStream.WriteAsync("{"u8.ToArray());
                context.Response.Abort();
                return;
            }

            context.Response.StatusCode = answer.Status;
            foreach (var (name, value) in answer.Headers)
                context.Response.Headers[name] = value;
            context.Response.Headers["x-openstack-request-id"] = "req-1234";
            var bytes = Encoding.UTF8.GetBytes(answer.Body ?? "");
            context.Response.ContentLength64 = bytes.Length;
            await context.Response.OutputStream.WriteAsync(bytes);
            context.Response.Close();
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The client ended the connection, or the test is over.
        }
    }

    private FakeAnswer Answer(FakeRequest request)
    {
        if (request.Path.EndsWith("/v3/auth/tokens", StringComparison.Ordinal))
            return LogIn(JsonNode.Parse(request.Body)!["auth"]!);
        return request.Token is { } token && _tokens.Contains(token)
            ? _objects.Answer(request)
            : new FakeAnswer(
                401,
                """{"error": {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}}"""
            );
    }

    private FakeAnswer LogIn(JsonNode auth)
    {
        var user = auth["identity"]!["password"]!["user"]!;
        var name = (string)user["name"]!;
        var account = this["users"].Find(u => (string?)u["name"] == name);
        if (account is null || Passwords.GetValueOrDefault(name) != (string?)user["password"] || (bool?)account["enabled"] == false)
            return new FakeAnswer(401, """{"error": {"code": 401, "message": "The request you have made requires authentication."}}""");
        var token = new JsonObject
        {
            ["issued_at"] = "2026-11-30T10:00:00.000000Z",
            ["expires_at"] = new DateTime(2026, 11, 30, 10, 0, 0, DateTimeKind.Utc)
                .AddSeconds(TokenSeconds)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["user"] = new JsonObject { ["id"] = (string?)account["id"], ["name"] = name },
        };
        if (auth["scope"] is JsonObject scope)
        {
            var project = this["projects"].Find(p => (string?)p["name"] == (string?)scope["project"]!["name"]);
            if (project is null)
                return new FakeAnswer(401, """{"error": {"code": 401, "message": "The request you have made requires authentication."}}""");
            token["project"] = new JsonObject { ["id"] = (string?)project["id"], ["name"] = (string?)project["name"] };
            token["catalog"] = new JsonArray([.. Catalog.Select(EntryOf)]);
        }

        var value = $"token-{_tokens.Count + 1}-{Requests.Count}";
        _tokens.Add(value);
        return new FakeAnswer(201, new JsonObject { ["token"] = token }.ToJsonString()) { Headers = new() { ["X-Subject-Token"] = value } };
    }

    private JsonObject EntryOf(string type) =>
        new()
        {
            ["type"] = type,
            ["name"] = type,
            ["endpoints"] = new JsonArray(
                new JsonObject
                {
                    ["interface"] = "public",
                    ["region_id"] = "RegionOne",
                    ["url"] = type == "compute" ? $"{Root}/compute/v2.1" : $"{Root}/{type}",
                }
            ),
        };
}
