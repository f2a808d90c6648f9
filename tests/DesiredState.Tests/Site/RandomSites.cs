using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>Valid sites, one for every seed.</summary>
internal sealed class RandomSites(int seed)
{
    private static readonly string[] Words =
    [
        "",
        "a",
        "0",
        "0644",
        "true",
        "~",
        "null",
        "-",
        "#x",
        "a: b",
        "ünï ☃ 𝄞",
        "line\nline\n",
        " lead",
        "trail ",
        "'",
        "\"",
        "\\",
        "{{ x }}",
        "*a",
        "&a",
        "tab\there",
        "%",
        "1.10",
    ];
    private readonly Random _random = new(seed);

    public SiteSection Next()
    {
        var hosts = new Dictionary<string, HostSection>(StringComparer.Ordinal);
        for (var i = 0; i <= _random.Next(3); i++)
            hosts.Add($"edge-{i}", Host(i) with { Reach = $"ssh://host-{i}" });
        return new SiteSection
        {
            Site = Maybe(Word),
            Defaults = _random.Next(2) == 0 ? Host(9) : null,
            Hosts = hosts,
        };
    }

    /// <summary>The hosts of a site as JSON, without defaults.</summary>
    public static JsonObject ToJson(SiteSection site) => JsonSerializer.SerializeToNode(site, SiteJson.Site)!.AsObject();

    private HostSection Host(int number) =>
        new()
        {
            Boot = _random.Next(3) == 0 ? (BootNetwork)_random.Next(3) : null,
            Modules = Map(
                3,
                i => ($"mod_{i}", (ModuleSection?)new ModuleSection { Options = Map(2, j => ($"option{j}", $"{_random.Next(10)}")) })
            ),
            Links = Map(4, i => ($"link{number}_{i}", Link(number, i))),
            Files = Map(4, i => ($"/etc/{number}/{Pick("x", "with space", "ünï", "a.b")}{i}", File())),
            Packages = Map(
                3,
                i =>
                    (
                        $"package-{i}",
                        (PackageSection?)(_random.Next(2) == 0 ? new PackageSection() : new PackageSection { Version = "1.10" })
                    )
            ),
            Units = Map(3, i => ($"unit{i}.service", Unit())),
            Values = Map(3, i => ($"value{i}", new TemplateValue(Value(3)))),
            Secrets = Map(
                2,
                i =>
                    (
                        $"secret{i}",
                        _random.Next(2) == 0
                            ? (SecretSection)$"/root/secrets/{i}"
                            : new SecretSection
                            {
                                Source = new SecretSource { Generate = _random.Next(16, 257), Owner = Maybe(() => "nova") },
                            }
                    )
            ),
        };

    private LinkSection Link(int host, int number) =>
        new()
        {
            Kind = _random.Next(2) == 0 ? LinkKind.Dummy : LinkKind.Bridge,
            Mac = Maybe(() => $"02:00:00:00:{host:x2}:{number:x2}"),
            Mtu = _random.Next(2) == 0 ? _random.Next(1280, 65536) : null,
            Up = _random.Next(3) == 0 ? _random.Next(2) == 0 : null,
            Addresses = _random.Next(3) == 0 ? null : [$"10.{host}.{number}.1/24", $"fd00:{host}:{number}::1/64"],
            Routes =
                _random.Next(3) == 0
                    ? [new RouteSection { To = $"10.{100 + host}.{number}.0/24", Metric = _random.Next(2) == 0 ? 5 : null }]
                    : null,
            ForeignAddresses = _random.Next(4) == 0 ? ForeignAddresses.Keep : null,
        };

    private FileSection File() =>
        _random.Next(3) switch
        {
            0 => new FileSection { Directory = true, Mode = "0750" },
            1 => new FileSection { Symlink = "/x" + Word() },
            _ => new FileSection
            {
                Content = Word() + Word(),
                Mode = Maybe(() => "0644"),
                Owner = Maybe(() => "nova"),
            },
        };

    private UnitSection Unit() =>
        new()
        {
            Enabled = _random.Next(2) == 0 ? true : null,
            Running = _random.Next(2) == 0 ? false : null,
            Content = Maybe(Word),
            DropIns = Map(2, i => ($"{i}0-x", Word())),
            Loads = _random.Next(2) == 0 ? ["/etc/x", "/etc/y"] : null,
            OnChange = _random.Next(3) == 0 ? OnChange.Reload : null,
        };

    private JsonNode Value(int depth) =>
        _random.Next(depth > 0 ? 6 : 4) switch
        {
            0 => JsonValue.Create(_random.Next(-1000, 1000)),
            1 => JsonValue.Create(_random.Next(2) == 0),
            2 => JsonValue.Create(Word()),
            3 => JsonValue.Create(_random.Next(100) + 0.5),
            4 => new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Value(depth - 1))]),
            _ => new JsonObject(
                Enumerable.Range(0, _random.Next(3)).Select(i => KeyValuePair.Create($"k{i}{Word()}", (JsonNode?)Value(depth - 1)))
            ),
        };

    private Dictionary<string, T>? Map<T>(int most, Func<int, (string Key, T Value)> entry)
    {
        if (_random.Next(3) == 0)
            return null;
        return Enumerable.Range(0, _random.Next(most + 1)).Select(entry).ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal);
    }

    private string Word() => Pick(Words);

    private string? Maybe(Func<string> text) => _random.Next(2) == 0 ? text() : null;

    private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];
}
