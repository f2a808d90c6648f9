using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Files;
using Cloudlet.Errors;
using Cloudlet.Lab;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>
/// The power goes at a random moment of an apply, on a file system as hosts have it. <c>CLOUDLET_POWER_CUTS</c>: how often (3); <c>CLOUDLET_POWER_CUTS_SEED</c>: the moments of a run
/// before, as far as a guest repeats itself.
/// </summary>
public sealed class PowerCutSpecs : IAsyncDisposable
{
    private const string Program = "/root/cloudlet";

    private const string Other =
        """
        files:
          /etc/motd: {content: other, mode: "0600"}
          /etc/cloudlet/site: ~
          /etc/cloudlet/more: {content: more}
          /etc/cloudlet/current.conf: {symlink: more}
        links:
          cloudlet0: {mtu: 1300, addresses: [10.80.0.2/24], routes: []}
          extra2: {kind: bridge, addresses: [10.84.0.1/24]}
        values: {region: south}
        """;

    private static readonly int s_cuts = Number("CLOUDLET_POWER_CUTS") ?? 3;
    private static readonly int s_seed = Number("CLOUDLET_POWER_CUTS_SEED") ?? Random.Shared.Next(1_000_000);

    private readonly ConvergeGuest _site = new(LabBoot.Networkd);

    [Fact]
    public async Task A_power_cut_during_an_apply_tears_nothing_and_the_next_apply_reaches_the_state()
    {
        await _site.Host.UpAsync();
        State[] states = [await StateAsync("a"), await StateAsync("b", _site.Write(Other))];
        var longest = await PrepareAsync(states);
        var chance = new Random(s_seed);
        for (var cut = 0; cut < s_cuts; cut++)
        {
            var (before, target) = (states[(cut + 1) % 2], states[cut % 2]);
            var moment = longest * chance.NextDouble();
            var where = $"cut {cut + 1} of {s_cuts}, seed {s_seed}, {moment.TotalMilliseconds:0} ms into the apply of {target.Path}";
            TestContext.Current.SendDiagnosticMessage(where);

            await CutDuringApplyAsync(target, moment);

            (await TornAsync(before, target)).ShouldBeEmpty(where);
            await LinkIsThereAsync(where);
            await ReachesAsync(target, where);
        }
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    /// <summary>Brings both states to the guest, goes to the first and on to the second, and tells how long that took. Nothing but apply makes the second durable.</summary>
    private async Task<TimeSpan> PrepareAsync(State[] states)
    {
        (await _site.RunAsync("apply")).ShouldExitWith(0);
        await _site.Host.OutputOfAsync($"cp /var/lib/cloudlet/agent/*/cloudlet {Program}");
        foreach (var state in states)
            await _site.Host.WriteFileAsync(state.Path, state.Json);
        await _site.Host.OutputOfAsync("sync");
        var watch = Stopwatch.StartNew();
        (await InGuestAsync("apply", states[1])).ShouldExitWith(0);
        return watch.Elapsed;
    }

    private async Task CutDuringApplyAsync(State target, TimeSpan moment)
    {
        var apply = InGuestAsync("apply", target);
        await Task.Delay(moment);
        await _site.Host.CutAsync();
        try
        {
            await apply;
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.Unreachable or ErrorKind.Timeout)
        {
            // The connection died with the guest.
        }

        await _site.Host.UpAsync();
    }

    /// <summary>Paths at which there is neither what was described before nor what is described now.</summary>
    private async Task<IReadOnlyList<string>> TornAsync(State before, State target)
    {
        var paths = before.Found.Keys.Union(target.Found.Keys).Order(StringComparer.Ordinal).ToList();
        const string Look =
            """
            while read -r path; do
                if [ -L "$path" ]; then readlink "$path"
                elif [ -d "$path" ]; then echo directory
                elif [ -e "$path" ]; then sha256sum <"$path"
                else echo absent
                fi
            done
            """;
        var found = (await _site.Host.ExecAsync(Look, string.Concat(paths.Select(p => p + "\n")))).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        found.Length.ShouldBe(paths.Count);
        return [.. paths.Zip(found).Where(f => f.Second != before.At(f.First) && f.Second != target.At(f.First)).Select(f => $"{f.First}: {f.Second}")];
    }

    /// <summary>Its boot files are in both states, so whichever of them the cut has left, the link is made; networkd may still be about it when the rest has started.</summary>
    private async Task LinkIsThereAsync(string where)
    {
        const string Wait = "for i in $(seq 60); do ip -oneline -4 address show cloudlet0 | grep -q ' 10.80.0.[12]/24 ' && exit 0; sleep 0.5; done; ip address; exit 1";
        var waited = await _site.Host.ExecAsync(Wait);
        waited.ExitCode.ShouldBe(0, $"{where}\n{waited.Output}{waited.Error}");
    }

    private async Task ReachesAsync(State target, string where)
    {
        var apply = await InGuestAsync("apply", target);
        apply.ExitCode.ShouldBe(0, $"{where}\n{apply.Output}\n{apply.Error}");
        var verify = await InGuestAsync("verify", target);
        verify.ExitCode.ShouldBe(0, $"{where}\n{verify.Output}\n{verify.Error}");
        var status = await _site.Host.ExecAsync($"{Program} status --json");
        new ProgramRun(status.ExitCode, status.Output, status.Error).Named("state-reported")[0].GetProperty("applied").GetString().ShouldBe(target.Digest, where);
        (await _site.Host.OutputOfAsync("find / -xdev -name '.*.cloudlet-*'; find /run -name '.*.cloudlet-*'")).ShouldBeEmpty(where);
    }

    private async Task<ProgramRun> InGuestAsync(string verb, State state)
    {
        var result = await _site.Host.ExecAsync($"{Program} {verb} --state {state.Path} --json");
        return new ProgramRun(result.ExitCode, result.Output, result.Error);
    }

    private async Task<State> StateAsync(string name, params IReadOnlyList<string> overlays) => new($"/root/{name}.json", await _site.CompileAsync(overlays));

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;

    /// <summary>A HostState and the file of the guest that holds it.</summary>
    private sealed record State(string Path, string Json)
    {
        private readonly HostState _state = HostState.Parse(Encoding.UTF8.GetBytes(Json));

        public string Digest => _state.Digest;

        /// <summary>Path → what the guest says of it when it is as described.</summary>
        public IReadOnlyDictionary<string, string> Found => field ??= _state.Resources.OfType<FileSpec>().ToDictionary(f => f.Path, f => f.Kind switch
        {
            FileKind.Directory => "directory",
            FileKind.Symlink => f.Target!,
            _ => $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(f.Content!)))}  -",
        });

        public string At(string path) => Found.GetValueOrDefault(path, "absent");
    }
}
