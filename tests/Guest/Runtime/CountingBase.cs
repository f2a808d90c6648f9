using System.Text.Json;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>
/// The image of <c>cloudlet lab image</c>, and a store with a base of it that counts: booted and sealed once for all tests of the runtime.
/// </summary>
public sealed class CountingBase : IAsyncDisposable
{
    private JsonElement? _made;

    /// <summary>The store.</summary>
    internal RuntimeStoreFolder Store { get; } = new();

    /// <summary>Path of the image.</summary>
    internal static Task<string> ImageAsync() => CountingImage.PathAsync();

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
