using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine;

namespace Cloudlet.Check.Guests;

/// <summary>
/// The guest of checks, made on the host from its own kernel and busybox, or from packages that are fetched and not installed. It is kept
/// in a folder that is named by its content, so that it is made once.
/// </summary>
/// <param name="machine">The host.</param>
/// <param name="folder">Folder of the host that it is kept in.</param>
internal sealed class GuestStore(IMachine machine, string folder)
{
    private const string Prefix = "guest-";
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FolderMode = Mode | UnixFileMode.UserExecute;

    private readonly HostSystem _host = new(machine.Files, "");
    private readonly DebianPackages _packages = new(machine.Processes);

    private string Work => $"{folder}/work";

    /// <summary>The guest, made if the host has none of the present kernel.</summary>
    /// <param name="doing">Told what takes time.</param>
    /// <param name="ct">Stops it; what was begun is deleted.</param>
    /// <exception cref="CloudletException">NotFound, Unreachable, Unsupported: what to do is in the message.</exception>
    public async Task<Guest> GetAsync(Action<string> doing, CancellationToken ct)
    {
        var (kernel, busybox) = (_host.KernelVersion(), _host.Busybox());
        var wanted = new List<DebianPackage>();
        try
        {
            if (kernel is null)
                wanted.Add(await _packages.KernelAsync(ct));
            if (busybox is null)
                wanted.Add(await _packages.FindAsync(DebianPackages.Busybox, ct));
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound && Kept().LastOrDefault() is { } kept)
        {
            return kept; // apt's lists are missing; the guest was made before
        }

        var version = kernel ?? wanted[0].Name[DebianPackages.KernelPrefix.Length..];
        string[] from =
        [
            kernel is null ? wanted[0].ToString() : _host.KernelPath(kernel),
            busybox is null ? wanted[^1].ToString() : busybox,
        ];
        var key = Short(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [Recipe, .. from.Select(Dated)]))));
        if (Kept().FirstOrDefault(g => g.Key == key) is { } known)
            return known;
        var parts = wanted.Count == 0 ? Parts(_host, version, busybox!) : await FetchAsync(wanted, kernel, version, busybox, doing, ct);
        var made = new Guest(string.Join(" and ", from), key, parts.Kernel, InitialFileSystem.Make(parts));
        Keep(made);
        return made;
    }

    private async Task<GuestParts> FetchAsync(
        List<DebianPackage> wanted,
        string? kernel,
        string version,
        string? busybox,
        Action<string> doing,
        CancellationToken ct
    )
    {
        DeleteWork(); // left by a killed check
        machine.Files.CreateDirectory(Work, FolderMode);
        try
        {
            doing($"fetching {string.Join(" and ", wanted)} (not installed)");
            await _packages.UnpackAsync(wanted, Work, ct);
            if (kernel is null)
                await _packages.OrderModulesAsync(Work, version, ct);
            var unpacked = new HostSystem(machine.Files, $"{Work}/root");
            var (image, modules) = (kernel is null ? unpacked : _host).ReadKernel(version);
            return new GuestParts(image, modules, _host.Read(busybox ?? unpacked.Busybox() ?? throw NoBusybox()));
        }
        finally
        {
            DeleteWork();
        }
    }

    private static GuestParts Parts(HostSystem system, string version, string busybox)
    {
        var (kernel, modules) = system.ReadKernel(version);
        return new GuestParts(kernel, modules, system.Read(busybox));
    }

    /// <summary>The kept guests that are intact and were made by this version's scripts.</summary>
    private IEnumerable<Guest> Kept()
    {
        foreach (var name in machine.Files.List(folder).Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            var (path, system) = ($"{folder}/{name}", _host);
            if (machine.Files.Read($"{path}/from") is not { } from || machine.Files.Stat($"{path}/initrd") is null)
                continue;
            var lines = Encoding.UTF8.GetString(from).Split('\n');
            if (lines is not [var origin, var key, var recipe, ..] || recipe != Recipe || machine.Files.Stat($"{path}/kernel") is null)
                continue;
            var guest = new Guest(origin, key, system.Read($"{path}/kernel"), system.Read($"{path}/initrd"));
            if (NameOf(guest) == name)
                yield return guest;
        }
    }

    /// <summary>The name is written last: a folder without it is not used.</summary>
    private void Keep(Guest guest)
    {
        var name = NameOf(guest);
        foreach (var other in machine.Files.List(folder).Where(n => n.StartsWith(Prefix, StringComparison.Ordinal) && n != name))
            DeleteGuest($"{folder}/{other}");
        var path = $"{folder}/{name}";
        machine.Files.CreateDirectory(path, FolderMode);
        machine.Files.Write($"{path}/kernel", guest.Kernel, Mode);
        machine.Files.Write($"{path}/initrd", guest.InitialFileSystem, Mode);
        machine.Files.Write($"{path}/from", Encoding.UTF8.GetBytes($"{guest.From}\n{guest.Key}\n{Recipe}\n"), Mode);
    }

    /// <summary>Names what a guest has besides its packages: our scripts and the choice of modules.</summary>
    private static string Recipe { get; } =
        Short(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    $"{GuestInit.Init}{GuestInit.Dhcp}{string.Join(' ', [.. ModuleOrder.Needed, .. ModuleOrder.Useful])}"
                )
            )
        );

    private static string NameOf(Guest guest)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(guest.Kernel);
        digest.AppendData(guest.InitialFileSystem);
        return Prefix + Short(digest.GetHashAndReset());
    }

    private static string Short(byte[] digest) => Convert.ToHexStringLower(digest.AsSpan(0, 8));

    /// <summary>A file of the host with what changes when another version is installed; a package as it is.</summary>
    private string Dated(string path) =>
        path[0] == '/' && machine.Files.Stat(path) is { } found ? $"{path} {found.Modified:O} {found.Length}" : path;

    private static CloudletException NoBusybox() =>
        new(ErrorKind.NotFound, $"the package {DebianPackages.Busybox} has no busybox for 64 bits without libraries; use --image NAME");

    private void DeleteGuest(string path)
    {
        foreach (var name in machine.Files.List(path))
            machine.Files.Delete($"{path}/{name}");
        machine.Files.Delete(path);
    }

    /// <summary>A kernel has thousands of modules: each deletion through the host's files would be made durable.</summary>
    private void DeleteWork()
    {
        if (Directory.Exists(Work))
            Directory.Delete(Work, recursive: true);
    }
}
