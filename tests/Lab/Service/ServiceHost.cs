using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Programs;
using Cloudlet.TestKit;

namespace Cloudlet.Lab.Tests.Service;

/// <summary>A host with QEMU, which a lab host can't install by itself.</summary>
public sealed class QemuHost() : LabHostFixture(LabBoot.Networkd)
{
    protected override IReadOnlyList<string> Packages => ["qemu-system-x86", "qemu-utils"];
}

/// <summary>A lab host with templates/sites/service.yaml, and a second one, the device, from which a person uses it.</summary>
public sealed class ServiceHost : ConvergeHost, IAsyncLifetime
{
    private const string Device = "device";
    private const string Socket = "unix:/run/cloudlet-service/api.sock";
    private readonly TempDir _files = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private bool _isReady;

    public ServiceHost()
        : base(new QemuHost(), LabBoot.Networkd) { }

    protected override string Site => "service.yaml";

    /// <summary>The first apply, and a login from the device with a new account; once.</summary>
    public async Task ReadyAsync()
    {
        var program = CloudletProgram.Path;
        if (ProgramShelf.Find(program) is null)
        {
            var advice = $"needs {ProgramShelf.ServiceName} beside {program}: run build/publish, or set {ProgramShelf.Variable}";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", advice);
            Assert.Fail(advice);
        }

        await _turn.WaitAsync();
        try
        {
            if (_isReady)
                return;
            await Host.UpAsync();
            await ConvergeAsync();
            await Host.Lab.UpAsync(new LabHostSpec(Device), new Progress<string>(), CancellationToken.None);
            await CopyAsync(program, "/usr/local/bin/cloudlet");
            await File.WriteAllBytesAsync(_files["disk.raw"], TinyGuest.Disk());
            await CopyAsync(_files["disk.raw"], "/root/disk.raw");
            await ShellAsync("ln -sf /usr/local/lib/cloudlet/cloudlet /usr/local/bin/cloudlet");
            var token = (await ShellAsync($"cloudlet account add alice --service {Socket} 2>/dev/null")).Split('\n')[^1];
            var fingerprint = await ShellAsync(
                "journalctl -u cloudlet-service -o cat | sed -n 's/^own certificate authority: //p' | tail -1"
            );
            var address = Host.Lab.Get(Host.Name).Address;
            (await DeviceAsync($"cloudlet login https://{address}:8443 --fingerprint {fingerprint}", input: $"{token}\n")).ShouldContain(
                "as alice"
            );
            _isReady = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>A shell command on the device; it must succeed.</summary>
    public async Task<string> DeviceAsync(string script, string? input = null)
    {
        var run = await TryDeviceAsync(script, input);
        run.ExitCode.ShouldBe(0, $"{script}\n{run.Output}\n{run.Error}");
        return run.Output.TrimEnd('\n');
    }

    /// <summary>A shell command on the device, whatever its exit code.</summary>
    public Task<ProcessResult> TryDeviceAsync(string script, string? input = null) =>
        Host.Lab.ExecAsync(Device, ["env", "HOME=/root", "sh", "-ec", script], CancellationToken.None, input: input);

    /// <summary>A property of the service's unit.</summary>
    public Task<string> UnitAsync(string property) => ShellAsync($"systemctl show -p {property} --value cloudlet-service");

    /// <summary>Waits until the service answers the device.</summary>
    public Task AnswersAsync() =>
        LabHostFixture.EventuallyAsync(
            async () => (await TryDeviceAsync("cloudlet vm list")).ExitCode == 0,
            "the service answers the device",
            minutes: 2
        );

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        _files.Dispose();
        _turn.Dispose();
    }

    private async Task CopyAsync(string file, string to) =>
        (await CloudletProgram.RunAnyAsync("scp", ["-q", "-F", Host.Store.SshConfigPath, file, $"{Device}:{to}"])).ShouldExitWith(0);
}
