using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Cloudlet.Stores.Tests.Servers;

/// <summary>Debian's docker-registry that accepts tokens of a service, which is a small one of ours beside it.</summary>
public sealed class TokenRegistry : DockerRegistry
{
    private readonly ScriptedWeb _tokens = new();
    private readonly RSA _key = RSA.Create(2048);
    private X509Certificate2? _certificate;

    /// <summary>The scopes of the tokens that were given.</summary>
    public List<string> Scopes { get; } = [];

    public override async ValueTask DisposeAsync()
    {
        await _tokens.DisposeAsync();
        _certificate?.Dispose();
        _key.Dispose();
        await base.DisposeAsync();
    }

    protected override string Auth()
    {
        var request = new CertificateRequest("CN=tokens", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        Folder.Write("tokens.pem", _certificate.ExportCertificatePem());
        _tokens.Script = AnswerAsync;
        return $"auth:\n  token:\n    realm: {_tokens.Root}token\n    service: test-registry\n    issuer: test-issuer\n"
            + $"    rootcertbundle: {Folder["tokens.pem"]}\n";
    }

    private async Task<bool> AnswerAsync(System.Net.HttpListenerContext context)
    {
        var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"))}";
        if (context.Request.Headers["Authorization"] != basic)
        {
            context.Response.StatusCode = 401;
            context.Response.Close();
            return true;
        }

        var scopes = context.Request.QueryString.GetValues("scope") ?? [];
        lock (Scopes)
            Scopes.AddRange(scopes);
        await ScriptedWeb.SendAsync(
            context,
            Encoding.UTF8.GetBytes(new JsonObject { ["token"] = Token(scopes) }.ToJsonString()),
            hasRanges: false
        );
        return true;
    }

    private string Token(string[] scopes)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var header = new JsonObject
        {
            ["typ"] = "JWT",
            ["alg"] = "RS256",
            ["x5c"] = new JsonArray(Convert.ToBase64String(_certificate!.RawData)),
        };
        var access = scopes
            .Select(static s => s.Split(':'))
            .Select(static s =>
                (JsonNode)
                    new JsonObject
                    {
                        ["type"] = s[0],
                        ["name"] = s[1],
                        ["actions"] = new JsonArray([.. s[2].Split(',').Select(static a => (JsonNode)a)]),
                    }
            );
        var claims = new JsonObject
        {
            ["iss"] = "test-issuer",
            ["aud"] = "test-registry",
            ["sub"] = User,
            ["iat"] = now,
            ["nbf"] = now - 10,
            ["exp"] = now + 300,
            ["jti"] = Guid.NewGuid().ToString(),
            ["access"] = new JsonArray([.. access]),
        };
        var signed = $"{Encode(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Encode(_key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
