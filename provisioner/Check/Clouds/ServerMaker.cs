using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Check.Steps;
using Cloudlet.Errors;
using Cloudlet.OpenStack;

namespace Cloudlet.Check.Clouds;

/// <summary>Starts the guest, and reads its console.</summary>
/// <param name="cloud">The cloud.</param>
internal sealed class ServerMaker(CheckCloud cloud)
{
    private const string Service = ServiceTypes.Compute;

    /// <summary>
    /// Nova's message about a compute host that its scheduler has not added to a cell yet. It looks for new hosts at an interval, often of
    /// 15 seconds, and a check may come at once after an apply.
    /// </summary>
    private const string Unmapped = "is not mapped to any cell";

    /// <summary>How often a server is made again for that; each takes some seconds.</summary>
    private const int Retries = 20;

    private const string Flavors = "/flavors/detail?is_public=None";

    /// <summary>What the guest needs, in MiB: it was seen to boot with 96.</summary>
    private const int Memory = 128;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Makes a flavor for the guest.</summary>
    public async Task<(string Id, string Found)> MakeFlavorAsync()
    {
        try
        {
            var made = await cloud.CreateAsync(
                Service,
                "/flavors",
                "flavor",
                new JsonObject
                {
                    ["name"] = cloud.Name,
                    ["ram"] = Memory,
                    ["vcpus"] = 1,
                    ["disk"] = 0,
                }
            );
            return (CheckCloud.IdOf(made), $"{Memory} MiB, 1 vcpu");
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            throw new CloudletException(e.Kind, $"{e.Message}; or use a flavor of the cloud: --flavor NAME", e);
        }
    }

    /// <summary>A flavor that the cloud has.</summary>
    public async Task<(string Id, string Found)> FindFlavorAsync(string name)
    {
        var found = CheckCloud.OnlyOne(await cloud.ListAsync(Service, Flavors, "flavors"), "flavor", name);
        return (CheckCloud.IdOf(found), $"{name}: {found.Text("ram")} MiB, {found.Text("vcpus")} vcpus");
    }

    /// <summary>Boots a server and waits until it is ACTIVE.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="CloudletException">ProcessFailed: it is in ERROR. Timeout: it is still being built.</exception>
    public async Task<string> BootAsync(string image, string flavor, string port, StepWait wait)
    {
        var id = await CreateAsync(image, flavor, port);
        var retries = 0;
        var server = default(JsonElement);
        var isActive = await wait.UntilAsync(
            async () =>
            {
                server = (await cloud.SendAsync(new CloudRequest(HttpMethod.Get, Service, $"/servers/{id}"))).Part("server");
                if (server.Text("status") == "ERROR" && Fault(server).Contains(Unmapped, StringComparison.Ordinal) && retries++ < Retries)
                {
                    await cloud.DeleteAsync(Service, $"/servers/{id}");
                    id = await CreateAsync(image, flavor, port);
                    return false;
                }

                if (server.Text("status") == "ERROR")
                    throw new CloudletException(
                        ErrorKind.ProcessFailed,
                        $"the server is in ERROR: {Fault(server)}. `cloudlet explain` for this host says why no server can be scheduled; "
                            + "else see nova-compute's log and libvirt's"
                    );
                return server.Text("status") == "ACTIVE";
            },
            () => StateOf(server),
            Limit,
            Pause,
            cloud.Ct
        );
        return isActive
            ? id
            : throw new CloudletException(
                ErrorKind.Timeout,
                $"the server is not ACTIVE after {Limit.TotalSeconds:0} s: {StateOf(server)}. See nova-compute's log; a port that stays "
                    + "DOWN is the host's Open vSwitch or OVN"
            );
    }

    private async Task<string> CreateAsync(string image, string flavor, string port) =>
        CheckCloud.IdOf(
            await cloud.CreateAsync(
                Service,
                "/servers",
                "server",
                new JsonObject
                {
                    ["name"] = cloud.Name,
                    ["imageRef"] = image,
                    ["flavorRef"] = flavor,
                    ["networks"] = new JsonArray((JsonNode)new JsonObject { ["port"] = port }),
                }
            )
        );

    /// <summary>Reads the console of a server; null: it has none yet.</summary>
    public async Task<GuestConsole?> ReadConsoleAsync(string server)
    {
        try
        {
            var answer = await cloud.SendAsync(
                new CloudRequest(HttpMethod.Post, Service, $"/servers/{server}/action")
                {
                    Body = new JsonObject { ["os-getConsoleOutput"] = new JsonObject() },
                }
            );
            return GuestConsole.Parse(answer.Text("output") ?? "");
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.AlreadyExists or ErrorKind.Obstructed)
        {
            return null; // HTTP 409 and 404: QEMU has not opened it
        }
    }

    private static string StateOf(JsonElement server) =>
        $"{server.Text("status") ?? "unknown"}{(server.Text("OS-EXT-STS:task_state") is { } task ? $", {task}" : "")}";

    private static string Fault(JsonElement server)
    {
        const int Longest = 300;
        var message = (server.Part("fault").Text("message") ?? "Nova gives no reason").ReplaceLineEndings(" ").TrimEnd(' ', '.');
        return message.Length > Longest ? message[..Longest] + "…" : message;
    }
}
