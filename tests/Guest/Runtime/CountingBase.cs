using System.Security.Cryptography;
using System.Text.Json;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>
/// The image of <c>cloudlet lab image</c>, and a store with a base of it that counts: booted and sealed once for all tests of the runtime.
/// </summary>
public sealed class CountingBase : IAsyncDisposable
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Kept = TimeSpan.FromHours(6); // a parallel run may use the image of a slightly older program

    private JsonElement? _made;

    /// <summary>The store.</summary>
    internal RuntimeStoreFolder Store { get; } = new();

    /// <summary>Path of the image, made once for each version of the program and kept beside the lab's images.</summary>
    internal static async Task<string> ImageAsync()
    {
        RuntimeStoreFolder.Require();
        var folder = Directory.CreateDirectory(Path.Combine(LabTesting.ImageStore, "guest-disks")).FullName;
        await using var program = File.OpenRead(CloudletProgram.Path);
        var image = Path.Combine(folder, $"{Convert.ToHexStringLower(await SHA256.HashDataAsync(program))[..12]}.qcow2");
        using var turn = await LabLock.AcquireAsync($"{image}.lock", BuildLimit, TimeProvider.System, CancellationToken.None);
        foreach (
            var old in Directory
                .EnumerateFiles(folder)
                .Where(p => DateTime.UtcNow - File.GetLastWriteTimeUtc(p) > Kept && !p.StartsWith(image, StringComparison.Ordinal))
        )
            File.Delete(old);
        if (!File.Exists(image))
            (await CloudletProgram.RunAsync("lab", "image", image, "--store", LabTesting.ImageStore)).ShouldExitWith(0);
        return image;
    }

    /// <summary>The base <c>counter</c>, as the program reports it.</summary>
    internal async Task<JsonElement> GetAsync() =>
        _made ??= await Store.AskAsync(
            "base",
            "create",
            await ImageAsync(),
            "--name",
            "counter",
            "--memory",
            "256M",
            "--until",
            "serial:cloudlet guest is ready",
            "--timeout",
            "9m"
        );

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}

/// <summary>Specs that share the counting base.</summary>
[CollectionDefinition(nameof(CountingGuests))]
public sealed class CountingGuests : ICollectionFixture<CountingBase>;
