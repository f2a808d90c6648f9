using System.IO.Compression;
using System.Text;
using Cloudlet.Check.Guests;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Check.Tests.Guests;

/// <summary>How a host makes the guest, and keeps it.</summary>
public sealed class GuestStoreSpecs : IDisposable
{
    private const string Folder = "/var/lib/cloudlet/check";
    private const string Kernel = "linux-image-6.1.0-57-cloud-amd64";
    private readonly FakeMachine _machine = new();
    private readonly List<string> _doing = [];

    public GuestStoreSpecs() =>
        _machine.Processes.Programs["apt-cache"] = static arguments =>
            arguments[^1] switch
            {
                "linux-image-cloud-amd64" or "linux-image-cloud-arm64" => Shown($"Version: 6.1.192-3\nDepends: {Kernel} (= 6.1.192-3)\n"),
                Kernel => Shown("Version: 6.1.192-3\nDepends: kmod\n"),
                "busybox-static" => Shown("Package: busybox-static\nVersion: 1:1.35.0-4\n\nVersion: 0\n"),
                _ => new ProcessResult(100, "", "E: No packages found"),
            };

    public void Dispose() => _machine.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private Task<Guest> GetAsync() => new GuestStore(_machine, Folder).GetAsync(_doing.Add, Ct);

    [Fact]
    public async Task Files_of_the_host_come_first_and_its_newest_kernel_for_clouds()
    {
        Install("6.1.0-9-cloud-amd64", "older");
        Install("6.1.0-10-cloud-amd64", "newest");
        Install("6.12.1-amd64", "general");
        _machine.Files["/boot/vmlinuz-6.1.0-99-cloud-amd64"] = "without modules";
        Busybox("/bin/busybox", segment: 1);

        var guest = await GetAsync();

        Encoding.UTF8.GetString(guest.Kernel).ShouldBe("newest");
        guest.From.ShouldBe("/boot/vmlinuz-6.1.0-10-cloud-amd64 and /bin/busybox");
        _machine.Processes.Commands.ShouldBeEmpty();
        var files = Unpacked(guest);
        files["modules/order"].ShouldBe("virtio_pci.ko\nvirtio_net.ko\n");
        files["modules/virtio_net.ko"].ShouldBe("net of newest");
        files["init"].ShouldStartWith("#!/bin/busybox sh\n");
        files["dhcp"].ShouldStartWith("#!/bin/busybox sh\n");
    }

    [Fact]
    public async Task What_is_not_installed_is_fetched_and_unpacked_and_nothing_more()
    {
        Install("6.1.0-9-cloud-amd64", "installed");
        Busybox("/bin/busybox", segment: 3); // needs libraries
        _machine.Processes.Programs["sh"] = arguments =>
        {
            if (arguments[1].Contains("dpkg-deb", StringComparison.Ordinal))
                Busybox($"{arguments[3]}/root/usr/bin/busybox", segment: 1);
            return new ProcessResult(0, "", "");
        };

        var guest = await GetAsync();

        guest.From.ShouldBe("/boot/vmlinuz-6.1.0-9-cloud-amd64 and busybox-static=1:1.35.0-4");
        _doing.ShouldBe(["fetching busybox-static=1:1.35.0-4 (not installed)"]);
        _machine.Processes.Commands[^2].ShouldEndWith($"download \"$@\" sh {Folder}/work busybox-static=1:1.35.0-4");
        _machine.Processes.Commands.ShouldNotContain(static c => c.Contains("install", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_kept_guest_is_used_until_what_it_is_made_from_changes()
    {
        Install("6.1.0-9-cloud-amd64", "one");
        Busybox("/bin/busybox", segment: 1);
        var first = await GetAsync();
        var writes = _machine.Writes.Count;

        (await GetAsync()).InitialFileSystem.ShouldBe(first.InitialFileSystem);
        _machine.Writes.Count.ShouldBe(writes);

        Install("6.1.0-10-cloud-amd64", "two");
        (await GetAsync()).Key.ShouldNotBe(first.Key);
    }

    [Fact]
    public async Task A_damaged_guest_is_made_again()
    {
        Install("6.1.0-9-cloud-amd64", "one");
        Busybox("/bin/busybox", segment: 1);
        var first = await GetAsync();
        _machine.Files[$"{Folder}/{_machine.Files.List(Folder).Single()}/kernel"] = "damaged";

        (await GetAsync()).Kernel.ShouldBe(first.Kernel);
    }

    [Fact]
    public async Task Without_lists_of_apt_it_says_what_to_do()
    {
        _machine.Processes.Programs["apt-cache"] = static _ => new ProcessResult(100, "", "E: No packages found");

        var error = await Should.ThrowAsync<CloudletException>(GetAsync);

        error.Kind.ShouldBe(ErrorKind.NotFound);
        error.Message.ShouldContain("apt-get update");
        error.Message.ShouldContain("--image NAME");
    }

    [Fact]
    public async Task Without_the_network_it_says_what_to_do()
    {
        _machine.Processes.Programs["sh"] = static _ => new ProcessResult(100, "", "E: Failed to fetch http://deb\nE: Unable to fetch\n");

        var error = await Should.ThrowAsync<CloudletException>(GetAsync);

        error.Kind.ShouldBe(ErrorKind.Unreachable);
        error.Message.ShouldContain("E: Failed to fetch http://deb; E: Unable to fetch");
        error.Message.ShouldContain("busybox-static from another source");
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, false)]
    public void A_program_with_an_interpreter_needs_libraries(byte segment, bool isStatic)
    {
        HostSystem.IsStatic(CheckHost.Program(segment)).ShouldBe(isStatic);
        HostSystem.IsStatic(CheckHost.Program(segment).AsSpan(0, 100)).ShouldBe(isStatic);
        HostSystem.IsStatic(CheckHost.Program(segment).AsSpan(0, 66)).ShouldBeFalse();
        HostSystem.IsStatic("#!/bin/sh"u8).ShouldBeFalse();
    }

    private static ProcessResult Shown(string text) => new(0, text, "");

    private void Install(string version, string kernel)
    {
        _machine.Files[$"/boot/vmlinuz-{version}"] = kernel;
        var folder = $"/lib/modules/{version}";
        _machine.Files[$"{folder}/modules.dep"] = "kernel/virtio_net.ko: kernel/virtio_pci.ko\nkernel/virtio_pci.ko:\n";
        _machine.Files[$"{folder}/kernel/virtio_pci.ko"] = "pci";
        _machine.Files[$"{folder}/kernel/virtio_net.ko"] = $"net of {kernel}";
    }

    private void Busybox(string path, byte segment) => _machine.Files[path] = Encoding.Latin1.GetString(CheckHost.Program(segment));

    private static Dictionary<string, string> Unpacked(Guest guest)
    {
        using var compressed = new GZipStream(new MemoryStream(guest.InitialFileSystem), CompressionMode.Decompress);
        using var archive = new MemoryStream();
        compressed.CopyTo(archive);
        return CpioReader.Read(archive.ToArray()).ToDictionary(static e => e.Name, static e => Encoding.UTF8.GetString(e.Content));
    }
}
