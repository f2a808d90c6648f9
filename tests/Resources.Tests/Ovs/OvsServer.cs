using System.Diagnostics;
using Cloudlet.Linux;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Ovsdb;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.Ovs;

/// <summary>A real database server with the tables of Open vSwitch, on a socket of its own. Nothing forwards packets.</summary>
internal sealed class OvsServer : IAsyncDisposable
{
    private const string Schema = "/usr/share/openvswitch/vswitch.ovsschema";

    private readonly TempDir _folder = new();
    private Process? _process;

    private OvsServer() => Client = new OvsdbClient(new HostFiles(), _folder["db.sock"]);

    public OvsdbClient Client { get; }

    public static async Task<OvsServer> StartAsync()
    {
        Assert.SkipUnless(File.Exists(Schema), "needs openvswitch-switch: a database server of Open vSwitch");
        var server = new OvsServer();
        await RunAsync("ovsdb-tool", "create", server._folder["conf.db"], Schema);
        server._process = Process.Start(
            Of(
                "ovsdb-server",
                server._folder["conf.db"],
                $"--remote=punix:{server._folder["db.sock"]}",
                $"--unixctl={server._folder["control"]}",
                "-vconsole:off"
            )
        );
        while (!File.Exists(server._folder["db.sock"]))
        {
            server._process!.HasExited.ShouldBeFalse("the server ended at its start");
            await Task.Delay(5);
        }

        await server.ControlAsync("--", "init");
        return server;
    }

    /// <summary>Runs ovs-vsctl and returns what it prints.</summary>
    public Task<string> ControlAsync(params string[] arguments) =>
        RunAsync("ovs-vsctl", [$"--db=unix:{_folder["db.sock"]}", "--no-wait", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        _process?.Kill();
        if (_process is not null)
            await _process.WaitForExitAsync();
        _process?.Dispose();
        _folder.Dispose();
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Of(program, arguments))!;
        var output = await process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, error);
        return output.Trim();
    }

    private static ProcessStartInfo Of(string program, params string[] arguments) =>
        new(ProgramSearch.Find(program, ProgramSearch.SystemFolders)!, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
}
