using System.Net;
using Cloudlet.Check.Clouds;
using Cloudlet.Check.Guests;
using Cloudlet.Check.Steps;
using Cloudlet.Errors;
using Cloudlet.Machine;

namespace Cloudlet.Check;

/// <summary>The use of a cloud by a check: image, flavor, network, server, and what the guest reports.</summary>
/// <param name="cloud">The cloud.</param>
/// <param name="machine">This host.</param>
/// <param name="steps">Runs the steps.</param>
/// <param name="options">The user's choices.</param>
internal sealed class CheckUse(CheckCloud cloud, IMachine machine, StepRunner steps, CheckOptions options)
{
    private static readonly TimeSpan ConsoleLimit = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan ConsolePause = TimeSpan.FromSeconds(2);

    private readonly ImageMaker _images = new(cloud);
    private readonly NetworkMaker _networks = new(cloud);
    private readonly ServerMaker _servers = new(cloud);

    /// <summary>Runs the steps until one fails.</summary>
    public async Task RunAsync(GuestStore guests)
    {
        var image = await ImageAsync(guests);
        var flavor = await FlavorAsync();
        var network = await NetworkAsync();
        var floating = await ConnectAsync(network);
        var server = "";
        await steps.RunAsync(
            "server",
            async wait =>
            {
                server = await _servers.BootAsync(image, flavor, network.Port, wait);
                return "ACTIVE";
            }
        );
        if (options.Image is null)
        {
            await AddressAsync(server, network);
            await MetadataAsync(server);
        }
        else
        {
            const string Unknown = "the console of an image of the cloud is not read";
            steps.Skip("address", Unknown);
            steps.Skip("metadata", Unknown);
        }

        await new GuestPing(machine, steps, cloud.Ct) { Boots = options.Image is not null }.RunAsync(network, floating);
    }

    private async Task<string> ImageAsync(GuestStore guests)
    {
        var image = "";
        if (options.Image is { } name)
        {
            await steps.RunAsync(
                "image",
                async _ =>
                {
                    image = await _images.FindAsync(name);
                    return name;
                }
            );
            return image;
        }

        Guest? guest = null;
        await steps.RunAsync(
            "guest",
            async wait =>
            {
                guest = await guests.GetAsync(wait.Report, cloud.Ct);
                return $"{(guest.Kernel.Length + guest.InitialFileSystem.Length) / 1048576.0:0.0} MiB, made from {guest.From}";
            }
        );
        await steps.RunAsync(
            "image",
            async _ =>
            {
                image = await _images.UploadAsync(guest!);
                return "kernel, initial file system and disk uploaded";
            }
        );
        return image;
    }

    private async Task<string> FlavorAsync()
    {
        var flavor = "";
        await steps.RunAsync(
            "flavor",
            async _ =>
            {
                (flavor, var found) = options.Flavor is { } name ? await _servers.FindFlavorAsync(name) : await _servers.MakeFlavorAsync();
                return found;
            }
        );
        return flavor;
    }

    private async Task<CheckNetwork> NetworkAsync()
    {
        CheckNetwork? network = null;
        await steps.RunAsync(
            "network",
            async _ =>
            {
                (network, var found) = await _networks.MakeAsync();
                return found;
            }
        );
        return network!;
    }

    private async Task<IPAddress?> ConnectAsync(CheckNetwork network)
    {
        IPAddress? floating = null;
        await steps.RunAsync(
            "router",
            async _ =>
            {
                IPAddress[] own =
                [
                    .. machine
                        .Links.Addresses()
                        .Select(static a => IPAddress.TryParse(a.Address.Address, out var parsed) ? parsed : IPAddress.None),
                ];
                if (await _networks.ExternalAsync(own) is not { } external)
                    return "none: the cloud has no external network with a subnet";
                floating = await _networks.ConnectAsync(network, external.Id);
                return $"floating IP {floating} of {external.Name}";
            }
        );
        return floating;
    }

    private Task AddressAsync(string server, CheckNetwork network) =>
        steps.RunAsync(
            "address",
            async wait =>
            {
                var console = await ReadAsync(server, static c => c.Address is not null, wait);
                if (console.Address is not { } found)
                    throw new CloudletException(
                        ErrorKind.Timeout,
                        $"the guest has no address from DHCP after {ConsoleLimit.TotalSeconds:0} s: {Words(console)}. See whether it "
                            + "runs (libvirt's log of it) and its port is ACTIVE, and the logs of ovn-controller or of Neutron's DHCP agent"
                    );
                return found.Split('/')[0] == network.Address.ToString()
                    ? $"{found} from DHCP"
                    : throw new CloudletException(
                        ErrorKind.Unexpected,
                        $"expected DHCP to give the guest {network.Address}, found {found}: another DHCP server answers in its network"
                    );
            }
        );

    private Task MetadataAsync(string server) =>
        steps.RunAsync(
            "metadata",
            async wait =>
            {
                var console = await ReadAsync(server, static c => c.Metadata is not null, wait);
                if (console.Metadata is not { } found)
                    throw new CloudletException(
                        ErrorKind.Timeout,
                        $"the guest could not read its metadata within {ConsoleLimit.TotalSeconds:0} s: {Words(console)}. See the logs of "
                            + "neutron-ovn-metadata-agent (or neutron-metadata-agent) and of nova-api-metadata; both need the same secret"
                    );
                return found == server
                    ? "the guest read its own id"
                    : throw new CloudletException(
                        ErrorKind.Unexpected,
                        $"expected the id {server} in the guest's metadata, found \"{found}\": see the log of nova-api-metadata"
                    );
            }
        );

    private async Task<GuestConsole> ReadAsync(string server, Func<GuestConsole, bool> isEnough, StepWait wait)
    {
        var console = GuestConsole.Parse("");
        await wait.UntilAsync(
            async () =>
            {
                console = await _servers.ReadConsoleAsync(server) ?? console;
                return isEnough(console);
            },
            () => Words(console),
            ConsoleLimit,
            ConsolePause,
            cloud.Ct
        );
        return console;
    }

    private static string Words(GuestConsole console) =>
        console.Trouble ?? (console.Tail.Length > 0 ? $"its console ends in \"{console.Tail}\"" : "its console is empty");
}
