using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Guest.Tests.Guests;

namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>
/// Two states between which the guest alternates, the states allowed after a power cut, and a witness of what was on its disk at boot,
/// before anything of ours ran.
/// </summary>
internal sealed class GuestStates(ConvergeGuest site)
{
    private const string OtherSection = """
        files:
          /etc/motd: {content: other, mode: "0600"}
          /etc/cloudlet/site: ~
          /etc/cloudlet/more: {content: more}
          /etc/cloudlet/current.conf: {symlink: more}
          /etc/cloudlet/dependent.conf: {content: second}
        links:
          cloudlet0: {mtu: 1300, addresses: [10.80.0.2/24], routes: []}
          extra2: {kind: bridge, addresses: [10.84.0.1/24]}
        values: {region: south}
        """;

    private const string Witness = """
        [Unit]
        DefaultDependencies=no
        After=local-fs.target
        Before=cloudlet-healthd.service

        [Service]
        Type=oneshot
        ExecStart=/bin/sh /root/witness

        [Install]
        WantedBy=sysinit.target
        """;

    /// <summary>Prints one line per path with its content.</summary>
    private const string Look = """
        while read -r path; do
            if [ -L "$path" ]; then readlink "$path"
            elif [ -d "$path" ]; then echo directory
            elif [ -e "$path" ]; then sha256sum <"$path"
            else echo absent
            fi
        done </root/paths >/run/found
        find / -xdev -name '.*.cloudlet-*' >/run/left-overs
        """;

    /// <summary>
    /// A busy machine is slow; if a host never settles, its daemon's messages show why.
    /// </summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromMinutes(8);

    private State[] _states = [];
    private int _now;

    /// <summary>The guest's present state.</summary>
    public State Now => _states[_now];

    /// <summary>The guest's next state.</summary>
    public State Other => _states[1 - _now];

    /// <summary>Command that applies the next state with the guest's own program.</summary>
    public string ApplyOther => $"{ConvergeGuest.Program} apply --state {Other.Path} --json";

    private IReadOnlyList<string> Paths => [.. _states.SelectMany(s => s.Found.Keys).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Installs both states and the witness in the guest, durably. The guest is as described.</summary>
    public async Task PrepareAsync()
    {
        _states = [new("/root/a.json", await site.CompileAsync()), new("/root/b.json", await site.CompileAsync(site.Write(OtherSection)))];
        foreach (var state in _states)
            await site.Host.WriteFileAsync(state.Path, state.Json);
        await site.Host.WriteFileAsync("/root/paths", string.Concat(Paths.Select(p => p + "\n")));
        await site.Host.WriteFileAsync("/root/witness", Look);
        await site.Host.WriteFileAsync("/etc/systemd/system/witness.service", Witness);
        await site.Host.OutputOfAsync("systemctl enable witness && sync");
    }

    /// <summary>
    /// At boot, every path had the content of one of the two states or, after a heal, what was written by hand.
    /// </summary>
    public async Task NothingIsTornAsync(bool wasHeal, string where)
    {
        var found = (await site.Host.OutputOfAsync("cat /run/found")).Split('\n');
        found.Length.ShouldBe(Paths.Count, where);
        var torn = Paths.Zip(found).Where(f => !MayBe(f.First, wasHeal).Contains(f.Second)).Select(f => $"{f.First}: {f.Second}");
        torn.ShouldBeEmpty(where);
        GuestLog.Say(
            $"at boot, unchanged files: {Paths.Zip(found).Count(f => f.Second == Now.At(f.First))} of {found.Length}; leftovers: "
                + $"{(await site.Host.OutputOfAsync("cat /run/left-overs")).Replace('\n', ' ')}."
        );
    }

    /// <summary>Records that the guest was told to go to the other state and reported success.</summary>
    public void Arrived() => _now = 1 - _now;

    /// <summary>Waits until the guest is in an allowed state, with no help but its daemon's.</summary>
    /// <param name="mayBeOther">True when it was changing states at the power cut.</param>
    /// <param name="mustBeOther">True when it had reported the other state.</param>
    /// <param name="where">What happened before, for messages.</param>
    public async Task SettleAsync(bool mayBeOther, bool mustBeOther, string where)
    {
        var watch = Stopwatch.StartNew();
        string? digest;
        while ((digest = await DigestWhenWellAsync()) is null || !await IsAsDescribedAsync(digest))
        {
            if (watch.Elapsed > SettleLimit)
            {
                const string Evidence =
                    "cat /run/cloudlet/health/status.json; journalctl -q -b -u cloudlet-healthd -o cat; systemctl list-jobs";
                Assert.Fail($"{where}: the host does not settle\n{await site.Host.OutputOfAsync(Evidence)}");
            }
            await Task.Delay(500);
        }

        digest.ShouldBeOneOf(
            mustBeOther ? [Other.Digest]
            : mayBeOther ? [Now.Digest, Other.Digest]
            : [Now.Digest]
        );
        _now = digest == Now.Digest ? _now : 1 - _now;
        (
            await site.Host.OutputOfAsync(
                "find / -xdev -name '.*.cloudlet-*'; find /run -name '.*.cloudlet-*'; find /var/lib/cloudlet -name '*.damaged'"
            )
        ).ShouldBeEmpty(where);
        GuestLog.Say($"the guest is in {Now.Path} after {watch.Elapsed.TotalSeconds:0.0} s");
    }

    /// <summary>
    /// The digest that was last applied, if no apply is unfinished and the daemon reports that everything is well.
    /// </summary>
    private async Task<string?> DigestWhenWellAsync()
    {
        const string Ask =
            "if ! grep -q '\"status\":\"applying\"' /var/lib/cloudlet/journal.json && [ -e /run/cloudlet/health/status.json ]; then "
            + "cat /run/cloudlet/health/status.json; echo; cat "
            + "/var/lib/cloudlet/applied.json; fi";
        if ((await site.Host.OutputOfAsync(Ask)).Split('\n', 2, StringSplitOptions.RemoveEmptyEntries) is not [var json, var applied])
            return null;
        var status = JsonSerializer.Deserialize<JsonElement>(json);
        var isWell =
            status.GetProperty("resources").EnumerateArray().All(r => r.GetProperty("state").GetString() == "ok")
            && status.GetProperty("alarms").GetArrayLength() == 0;
        var digest = HostState.Parse(Encoding.UTF8.GetBytes(applied)).Digest;
        return isWell && status.TryGetProperty("digest", out var held) && held.GetString() == digest ? digest : null;
    }

    private async Task<bool> IsAsDescribedAsync(string digest) =>
        (await site.InGuestAsync($"verify --state {_states.Single(s => s.Digest == digest).Path}")).ExitCode == 0;

    private IEnumerable<string> MayBe(string path, bool wasHeal) =>
        !wasHeal
            ? [Now.At(path), Other.At(path)]
            : path switch
            {
                "/etc/motd" => [Now.At(path), "absent"],
                "/etc/cloudlet/dependent.conf" => [Now.At(path), State.DigestOf("by hand\n")],
                _ => [Now.At(path)],
            };

    /// <summary>A HostState, and its file in the guest.</summary>
    internal sealed record State(string Path, string Json)
    {
        private readonly HostState _state = HostState.Parse(Encoding.UTF8.GetBytes(Json));

        public string Digest => _state.Digest;

        /// <summary>Path → what the witness reports for it when it is as described.</summary>
        public IReadOnlyDictionary<string, string> Found =>
            field ??= _state
                .Resources.OfType<FileSpec>()
                .ToDictionary(
                    f => f.Path,
                    f =>
                        f.Kind switch
                        {
                            FileKind.Directory => "directory",
                            FileKind.Symlink => f.Target!,
                            _ => DigestOf(f.Content!),
                        }
                );

        public string At(string path) => Found.GetValueOrDefault(path, "absent");

        public static string DigestOf(string content) => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}  -";
    }
}
