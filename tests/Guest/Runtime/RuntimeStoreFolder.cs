using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Cloudlet.Guest.Tests.Guests;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>The counting guest's answer: which boot it is, and the count.</summary>
internal sealed record Count(string Boot, int Number);

/// <summary>A store of one test, used through the program as users use it. Its VMs are stopped with it.</summary>
/// <param name="path">Its place; null for a temporary folder.</param>
internal sealed class RuntimeStoreFolder(string? path = null) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempDir _folder = new();

    /// <summary>The store.</summary>
    public string Path => path ?? _folder["store"];

    /// <summary>Path of something beside the store.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Skips the calling test, or fails it in CI, when VMs can't run here.</summary>
    public static void Require() => CountingImage.Require();

    /// <summary>Runs <c>cloudlet … --store</c>.</summary>
    public Task<ProgramRun> RunAsync(params IReadOnlyList<string> arguments) => CloudletProgram.RunAsync([.. arguments, "--store", Path]);

    /// <summary>Runs it with <c>--json</c> and returns the one line of output.</summary>
    public async Task<JsonElement> AskAsync(params IReadOnlyList<string> arguments) =>
        (await RunAsync([.. arguments, "--json"])).ShouldExitWith(0).Events.ShouldHaveSingleItem();

    /// <summary>The store's VMs.</summary>
    public async Task<IReadOnlyList<JsonElement>> VmsAsync() => (await RunAsync("vm", "list", "--json")).ShouldExitWith(0).Events;

    /// <summary>Waits until a VM is in a state.</summary>
    public async Task StateAsync(string vm, string wanted)
    {
        var last = "";
        for (var watch = Stopwatch.StartNew(); last != wanted; await Task.Delay(100))
        {
            watch.Elapsed.ShouldBeLessThan(Patience, $"VM {vm} is {last}");
            last = (await AskAsync("vm", "show", vm)).GetProperty("state").GetString()!;
        }
    }

    /// <summary>Message for a guest whose clock is right.</summary>
    public const string ClockIsRight = "the guest's clock was set to this machine's";

    /// <summary>Resumes a VM of the counting base.</summary>
    public async Task<JsonElement> ResumeAsync(string name)
    {
        var vm = await AskAsync("vm", "resume", "counter", "--name", name, "--forward", "0:7000");
        GuestLog.Say($"VM {name} resumed in {vm.GetProperty("resumeMs").GetDouble():0} ms; {vm.GetProperty("clock").GetString()}");
        return vm;
    }

    /// <summary>Asks the guest behind a VM's first forwarded port.</summary>
    public static async Task<Count> CountAsync(JsonElement vm)
    {
        var port = vm.GetProperty("forwards")[0].GetProperty("host").GetInt32();
        using var limit = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, limit.Token);
        using var reader = new StreamReader(client.GetStream());
        var words = (await reader.ReadToEndAsync(limit.Token)).Split(' ', StringSplitOptions.TrimEntries);
        return new Count(words[0], int.Parse(words[1]));
    }

    /// <summary>
    /// Processes that work in a folder of the store: the QEMUs of its VMs. A process that has exited but was not waited for does not count.
    /// </summary>
    public IReadOnlyList<int> Processes() =>
        [
            .. Directory
                .GetDirectories("/proc")
                .Where(p =>
                    int.TryParse(System.IO.Path.GetFileName(p), NumberStyles.None, CultureInfo.InvariantCulture, out _) && WorksIn(p, Path)
                )
                .Select(p => int.Parse(System.IO.Path.GetFileName(p), CultureInfo.InvariantCulture)),
        ];

    public async ValueTask DisposeAsync()
    {
        foreach (var vm in Directory.Exists(Path) ? await VmsAsync() : [])
            await RunAsync("vm", "stop", vm.GetProperty("id").GetString()!, "--force", "--remove");
        _folder.Dispose();
    }

    private static bool WorksIn(string process, string store)
    {
        try
        {
            return Directory
                    .ResolveLinkTarget($"{process}/cwd", returnFinalTarget: false)
                    ?.FullName.StartsWith(store, StringComparison.Ordinal) == true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return false; // another process of the machine, or gone
        }
    }
}
