using System.Diagnostics;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>Result of an attempt to start a server.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Status">ACTIVE or ERROR.</param>
/// <param name="Fault">Nova's message about an error.</param>
/// <param name="Seconds">From the request to that status.</param>
internal sealed record NovaServer(string Id, string Status, string? Fault, double Seconds);

/// <summary>The Nova of lab hosts that an example site describes, used as its users do and broken as its operators do.</summary>
/// <param name="shell">Runs a shell script that must succeed on the host of the API, and returns its output.</param>
/// <param name="address">The address that the API listens on.</param>
internal sealed class NovaCloud(Func<string, Task<string>> shell, string address = "127.0.0.1")
{
    /// <summary>The host's address in the site.</summary>
    internal const string OwnIp = "10.80.0.1";

    /// <summary>An address that the host does not have.</summary>
    internal const string ForeignIp = "10.80.0.9";

    /// <summary>Writes the secret that the site names.</summary>
    internal const string Secret =
        "umask 077; mkdir -p /etc/cloudlet/secrets; head -c 18 /dev/urandom | base64 | tr -d /+= >/etc/cloudlet/secrets/rabbit";

    /// <summary>
    /// The steps after which a host has a compute service without a connection: the broker's password changes, the configuration with it,
    /// and every service but nova-compute is restarted. Its open connection continues until the broker closes it.
    /// </summary>
    internal const string StalePassword = $"""
        {Secret}
        rabbitmqctl -q change_password nova </etc/cloudlet/secrets/rabbit
        sed -i "s#rabbit://nova:[^@]*@#rabbit://nova:$(cat /etc/cloudlet/secrets/rabbit)@#" /etc/nova/nova.conf
        systemctl restart nova-api nova-conductor nova-scheduler
        rabbitmqctl -q close_all_connections rotation >/dev/null
        """;

    /// <summary>What a guest prints on its serial port.</summary>
    internal const string GuestSays = "cloudlet guest is up";

    /// <summary>
    /// A disk of 1 MiB with a boot sector that writes a line to the serial port (0x3f8) and halts. A driver without guests does not read
    /// it.
    /// </summary>
    private const string GuestDisk = $"""
        printf '\061\300\216\330\276\025\174\254\204\300\164\006\272\370\003\356\353\365\364\353\375{GuestSays}\r\n\0' >/run/guest.img
        truncate -s 1M /run/guest.img
        printf '\125\252' | dd of=/run/guest.img bs=1 seek=510 conv=notrunc status=none
        """;

    // Without -f, a retried attempt would print its answer before the last one.
    private const string Curl =
        "curl -sSf --retry 40 --retry-delay 1 --retry-all-errors --max-time 60 -H X-Auth-Token:admin:admin -H "
        + "Content-Type:application/json -H X-OpenStack-Nova-API-Version:2.53";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    private string? _image;

    private string Compute => $"http://{address}:8774/v2.1";

    private string Images => $"http://{address}:9292/v2/images";

    /// <summary>Waits until the compute service is in a state and belongs to a cell, and the other services are up.</summary>
    /// <param name="state">up or down.</param>
    /// <returns>How long that took, seconds.</returns>
    internal async Task<double> ComputeIsAsync(string state)
    {
        var watch = Stopwatch.StartNew();
        while (await StateAsync() != state)
        {
            if (watch.Elapsed > Longest)
            {
                var evidence = await shell(
                    "systemctl status --no-pager -n 5 nova-compute nova-conductor nova-scheduler nova-api | head -c 8000; "
                        + "tail -n 20 /var/log/nova/nova-compute.log"
                );
                throw new CloudletException(ErrorKind.Timeout, $"nova-compute is not {state}: {evidence}");
            }
            await Task.Delay(500);
        }

        return watch.Elapsed.TotalSeconds;
    }

    /// <summary>Whether Nova considers the compute service up.</summary>
    internal async Task<bool> IsUpAsync() => await StateAsync() == "up";

    /// <summary>The address with which the compute service was started, as it reported to Nova.</summary>
    internal async Task<string?> LoadedIpAsync() =>
        (await AskAsync($"{Compute}/os-hypervisors/detail")).GetProperty("hypervisors")[0].GetProperty("host_ip").GetString();

    /// <summary>Starts a server and waits until it runs or Nova reports why it failed.</summary>
    /// <param name="flavor">small, or a flavor that a test has created.</param>
    internal async Task<NovaServer> BootAsync(string flavor = "small")
    {
        _image ??= await PrepareAsync();
        var watch = Stopwatch.StartNew();
        var created = await AskAsync(
            $$$"""-X POST {{{Compute}}}/servers -d '{"server": {"name": "one", "imageRef": "{{{_image}}}", "flavorRef": "{{{flavor}}}", "networks": "none"}}'"""
        );
        var id = created.GetProperty("server").GetProperty("id").GetString()!;
        while (true)
        {
            var server = (await AskAsync($"{Compute}/servers/{id}")).GetProperty("server");
            var status = server.GetProperty("status").GetString()!;
            if (status is "ACTIVE" or "ERROR")
                return new NovaServer(
                    id,
                    status,
                    server.TryGetProperty("fault", out var fault) ? fault.GetProperty("message").GetString() : null,
                    watch.Elapsed.TotalSeconds
                );
            if (watch.Elapsed > Longest)
                return new NovaServer(id, status, $"still {status} after {Longest.TotalMinutes:0} min", watch.Elapsed.TotalSeconds);
            await Task.Delay(200);
        }
    }

    /// <summary>
    /// Starts servers until one runs. Nova considers a service up until its report is overdue, so the first server may be given to a
    /// service that is just restarting, and fail. On a machine whose processors are all busy, a guest may also miss libvirt's deadlines.
    /// </summary>
    internal async Task<NovaServer> RunsAsync()
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var server = await BootAsync();
            if (server.Status == "ACTIVE")
                return server;
            if (watch.Elapsed > Longest)
                throw new CloudletException(ErrorKind.Timeout, $"no server runs: {server.Status}, {server.Fault}\n{await EvidenceAsync()}");
        }
    }

    /// <summary>
    /// Log lines of the compute service and libvirt about servers that did not start: the API only reports that there was an error.
    /// </summary>
    internal Task<string> EvidenceAsync() =>
        shell(
            """
            grep -hE 'ERROR|WARNING|libvirtError' /var/log/nova/nova-compute.log | tail -n 15 | cut -c 1-400
            journalctl -q -b -u libvirtd -u cloudlet-healthd -n 30 -o short-precise --no-pager | cut -c 1-300
            tail -qn 5 /var/log/libvirt/qemu/*.log 2>/dev/null | cut -c 1-300
            """
        );

    /// <summary>What a server's guest wrote to its serial port.</summary>
    internal async Task<string> ConsoleAsync(NovaServer server) =>
        (await AskAsync($$$"""-X POST {{{Compute}}}/servers/{{{server.Id}}}/action -d '{"os-getConsoleOutput": {}}'"""))
            .GetProperty("output")
            .GetString()!;

    /// <summary>Deletes every server, including failed ones: an earlier failure must not affect the next test.</summary>
    internal async Task ForgetAsync()
    {
        foreach (var server in (await AskAsync($"'{Compute}/servers?all_tenants=true'")).GetProperty("servers").EnumerateArray())
            await shell($"{Curl} -X DELETE {Compute}/servers/{server.GetProperty("id").GetString()} || true");
    }

    private async Task<string> StateAsync()
    {
        var services = (await AskAsync($"{Compute}/os-services")).GetProperty("services");
        var hypervisors = (await AskAsync($"{Compute}/os-hypervisors")).GetProperty("hypervisors");
        var compute = services.EnumerateArray().FirstOrDefault(s => s.GetProperty("binary").GetString() == "nova-compute");
        var others = services.EnumerateArray().Where(s => s.GetProperty("binary").GetString() != "nova-compute");
        return compute.ValueKind == JsonValueKind.Undefined ? "unknown"
            : hypervisors.GetArrayLength() == 0 ? "not mapped"
            : others.Any(s => s.GetProperty("state").GetString() != "up") ? "alone"
            : compute.GetProperty("state").GetString()!;
    }

    /// <summary>An image and a flavor that a server needs.</summary>
    private async Task<string> PrepareAsync()
    {
        var made = await AskAsync($$$"""-X POST {{{Images}}} -d '{"name": "none", "disk_format": "raw", "container_format": "bare"}'""");
        var id = made.GetProperty("id").GetString()!;
        await shell(
            $"{GuestDisk}\ncurl -sSf -X PUT -H Content-Type:application/octet-stream --data-binary @/run/guest.img "
                + $"{Images}/{id}/file; rm /run/guest.img"
        );
        await AskAsync(
            $$$"""-X POST {{{Compute}}}/flavors -d '{"flavor": {"name": "small", "id": "small", "ram": 64, "vcpus": 1, "disk": 1}}'"""
        );
        return id;
    }

    private async Task<JsonElement> AskAsync(string request) => JsonSerializer.Deserialize<JsonElement>(await shell($"{Curl} {request}"));
}
