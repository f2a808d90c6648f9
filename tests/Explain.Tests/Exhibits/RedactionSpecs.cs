using System.Text.Json;
using Cloudlet.Explain.Exhibits;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Explain.Tests.Exhibits;

public sealed class RedactionSpecs
{
    /// <summary>Places in configuration; § is the secret.</summary>
    private static readonly string[] InConfiguration =
    [
        "[DEFAULT]\ntransport_url = rabbit://nova:§@10.0.0.1:5672/\n",
        "[DEFAULT]\ntransport_url=rabbit://a:x@h1:5672,b:§@h2:5672/vhost?ssl=1\n",
        "[database]\nconnection = mysql+pymysql://nova:§@db/nova?charset=utf8\n",
        "[api_database]\nconnection: §\n",
        "[keystone_authtoken]\nusername = nova\npassword = §\n",
        "[keystone_authtoken]\n#password = §\n",
        "[neutron]\nmetadata_proxy_shared_secret = §",
        "[placement]\ntoken = §\n",
        "[cache]\nmemcache_secret_key = first line\n  §\n\n  §\nnext = 1\n",
        "[DEFAULT]\npassword §\n",
        "  admin_password = §\n",
        "[x]\npassword =\n  §\n",
        "[x]\npassword\n  §\n",
        "[x]\nmy_ip 10.0.0.1 rabbit_password = §\n",
        "[x]\nmy_ip 10.0.0.1 rabbit_password = x\n  §\n",
        "[x]\nauth_url = http://admin:§@10.0.0.1:5000/v3\n",
        "[x]\nkey = \"§\"\n",
        "[x]\nPASSWORD=§\r\nx=1\r\n",
        "[x]\npassword = § -----BEGIN RSA KEY-----\n  §\n",
        "[x]\nkey = -----BEGIN PRIVATE KEY-----\n  §\n  -----END PRIVATE KEY-----\n  §\n",
        "[x]\n-----BEGIN RSA PRIVATE KEY-----\n§\n-----END RSA PRIVATE KEY-----\n",
    ];

    /// <summary>Places in logs and messages.</summary>
    private static readonly string[] InText =
    [
        "ERROR amqp: cannot connect to amqp://nova:§@10.0.0.1:5672// because",
        "DEBUG password = §",
        "DEBUG {'auth': {'password': '§', 'user': 'nova'}}",
        "DEBUG {\"token\": \"§\", \"x\": 1}",
        "curl -H \"X-Auth-Token: §\" http://10.0.0.1",
        "X-Auth-Token: §",
        "Authorization: Bearer §",
        "openstack --os-password § server list",
        "adminPass=§",
        "a line\n-----BEGIN PRIVATE KEY-----\n§\n§\n-----END PRIVATE KEY-----\nmore",
        "key=u'§'",
        "headers: [('X-Auth-Token', '§'), ('Accept', '*/*')]",
        "body: {\\\"password\\\": \\\"§\\\"}",
        "<password>§</password>",
        "'password' : b'§'",
    ];

    private static readonly string[] InJson =
    [
        """{"server": {"adminPass": %, "x": [1, true, null, 1.5e3]}}""",
        """{"a": [{"admin_password": {"deep": [%]}}]}""",
        """{"agents": [{"configurations": {"password": %}, "connection": %}]}""",
        """{"user_data": %, "X-Auth-Token": %}""",
    ];

    /// <summary>Secrets without characters that end a value: no space, quote, bracket, nor the separator.</summary>
    private static readonly Gen<string> Plain = Gen.Elements(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!$%^&*+-_.~@/:".ToCharArray()
        )
        .ArrayOf(14)
        .Select(c => $"Zq{new string(c)}7");

    /// <summary>Any characters that a line can contain.</summary>
    private static readonly Gen<string> Wild = Gen.Choose(32, 0x17f)
        .Where(c => !char.IsControl((char)c) && !char.IsWhiteSpace((char)c))
        .Select(c => (char)c)
        .ArrayOf(12)
        .Select(c => $"Zq{new string(c)}7");

    [Fact]
    public void A_secret_of_configuration_never_survives() =>
        Holds(Plain, InConfiguration, (text, secret) => !new Redaction().Of("config:/etc/nova/nova.conf", text).Contains(secret));

    [Fact]
    public void A_secret_of_any_characters_never_survives() =>
        Holds(Wild, InConfiguration, (text, secret) => !new Redaction().Configuration(text).Contains(secret));

    [Fact]
    public void A_secret_of_a_log_never_survives() =>
        Holds(Plain, InText, (text, secret) => !new Redaction().Of("log:nova-compute", text).Contains(secret));

    [Fact]
    public void A_secret_of_json_never_survives_and_the_result_is_json()
    {
        Prop.ForAll(
                Wild.ToArbitrary(),
                Gen.Elements(InJson).ToArbitrary(),
                (secret, place) =>
                {
                    var text = place.Replace("%", JsonSerializer.Serialize(secret));
                    var clean = new Redaction().Of("api:servers/x", text);
                    using var document = JsonDocument.Parse(clean);
                    return !Everything(document.RootElement).Contains(secret);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_secret_of_configuration_is_found_in_any_text()
    {
        Prop.ForAll(
                Plain.ToArbitrary(),
                Gen.Elements(InConfiguration[..6]).ToArbitrary(),
                (secret, place) =>
                {
                    var redaction = new Redaction();
                    redaction.Learn(place.Replace("§", secret));
                    string[] texts = [$"login as nova with {secret} failed", $"({secret})", Uri.EscapeDataString(secret)];
                    return texts.All(t => !redaction.Text(t).Contains(secret) && !redaction.Text(t).Contains(Uri.EscapeDataString(secret)))
                        && !redaction.Json($$"""{"x": {{JsonSerializer.Serialize(secret)}} }""").Contains(secret);
                }
            )
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_password_that_contains_the_mark_is_still_redacted()
    {
        var redaction = new Redaction();
        redaction.Learn("[DEFAULT]\ntransport_url = rabbit://nova:Zq/_***9d78@10.0.0.1:5672/\n");

        redaction.Text("login as nova with Zq/_***9d78 failed").ShouldBe("login as nova with *** failed");
    }

    [Fact]
    public void A_long_text_is_cleaned_before_it_is_cut()
    {
        // The cut would otherwise remove the '@' that identifies the password.
        var line = "amqp://nova:Zq-secret-7@10.0.0.1/";
        for (var cut = 0; cut < line.Length; cut++)
        {
            var text = new string('x', BundleLimits.Text - cut - 1) + ' ' + line;
            new Exhibit("log:a", "cat", Scene.Noon).WithText(text, new Redaction()).Text.ShouldNotContain("Zq");
            new Exhibit("log:a", "cat", Scene.Noon)
                .WithText(line + ' ' + new string('x', BundleLimits.Text - cut), new Redaction(), KeptEnd.Last)
                .Text.ShouldNotContain("Zq");
        }
    }

    [Fact]
    public void Places_of_Open_vSwitch_have_no_secrets() =>
        new Redaction()
            .Configuration("[ovs]\novsdb_connection = unix:/run/openvswitch/db.sock\n")
            .ShouldContain("unix:/run/openvswitch/db.sock");

    [Theory]
    [InlineData("transport_url = rabbit://nova:s3cret@10.0.0.1:5672/", "transport_url = rabbit://***@10.0.0.1:5672/")]
    [InlineData("transport_url = rabbit://nova:s@3/cret@10.0.0.1:5672/cell1", "transport_url = rabbit://***@10.0.0.1:5672/cell1")]
    [InlineData(
        "connection = mysql+pymysql://nova:pw1234@[fd00::1]:3306/nova?charset=utf8",
        "connection = mysql+pymysql://***@[fd00::1]:3306/nova?***"
    )]
    [InlineData("connection = sqlite:////var/lib/nova/nova.sqlite", "connection = ***")]
    [InlineData("my_ip = 10.0.0.1", "my_ip = 10.0.0.1")]
    [InlineData("password =", "password =")]
    [InlineData("monkey_patch = true", "monkey_patch = true")]
    [InlineData("key_file = /etc/ssl/key.pem", "key_file = /etc/ssl/key.pem")]
    [InlineData("# The password of the user", "# The password of the user")]
    public void Configuration_keeps_hosts_and_loses_accounts(string line, string clean) =>
        new Redaction().Configuration(line).ShouldBe(clean);

    [Theory]
    [InlineData(
        "AMQP server on 10.0.0.1:5672 is unreachable: (403) ACCESS_REFUSED - Login was refused using authentication mechanism AMQPLAIN"
    )]
    [InlineData("Ignoring change to immutable option DEFAULT.transport_url")]
    [InlineData("Connection to libvirt lost: 1")]
    [InlineData("Lost connection: will retry")]
    [InlineData("the password is wrong")]
    [InlineData("No valid host was found. There are not enough hosts available.")]
    [InlineData("KeyError: 'x'")]
    public void Lines_that_explain_an_error_are_left_alone(string line) => new Redaction().Text(line).ShouldBe(line);

    [Fact]
    public void Words_of_every_log_are_not_secrets_outside_their_option()
    {
        var redaction = new Redaction();
        redaction.Configuration("[a]\npassword = placement\n").ShouldBe("[a]\npassword = ***\n");
        redaction.Text("placement is down").ShouldBe("placement is down");
    }

    [Fact]
    public void Lines_keep_their_numbers()
    {
        var text = string.Concat(InConfiguration);
        new Redaction().Configuration(text).Split('\n').Length.ShouldBe(text.Split('\n').Length);
    }

    [Fact]
    public void Nothing_of_a_secret_is_kept_not_even_its_length() =>
        new Redaction()
            .Configuration("password = a-long-secret-of-32-characters-xx")
            .ShouldBe(new Redaction().Configuration("password = short-one"));

    [Theory]
    [InlineData("://a@ ")]
    [InlineData("://")]
    [InlineData("key= ")]
    [InlineData("key='\\")]
    [InlineData("--token ")]
    [InlineData("[x]\npassword = a\n b\n")]
    public void A_text_made_to_be_slow_is_cleaned_quickly(string part)
    {
        var text = string.Concat(Enumerable.Repeat(part, 4 * BundleLimits.Text / part.Length));
        var start = TimeProvider.System.GetTimestamp();

        foreach (var id in (string[])["config:a", "log:a", "api:a"])
            new Redaction().Of(id, text);

        TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Cleaning_never_fails_and_is_idempotent() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<string>(),
                text =>
                {
                    text ??= "";
                    foreach (var id in (string[])["config:a", "log:a", "api:a"])
                    {
                        var once = new Redaction().Of(id, text);
                        new Redaction().Of(id, once).ShouldBe(once);
                    }
                }
            )
            .QuickCheckThrowOnFailure();

    private static void Holds(Gen<string> secrets, string[] places, Func<string, string, bool> isClean) =>
        Prop.ForAll(
                secrets.ToArbitrary(),
                Gen.Elements(places).ToArbitrary(),
                (secret, place) => isClean(place.Replace("§", secret), secret)
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static string Everything(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => string.Join('\n', element.EnumerateObject().Select(p => $"{p.Name}\n{Everything(p.Value)}")),
            JsonValueKind.Array => string.Join('\n', element.EnumerateArray().Select(Everything)),
            _ => element.ToString(),
        };
}
