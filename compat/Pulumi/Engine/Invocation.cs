using System.Collections.Immutable;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Pulumi.Serialization;

namespace Pulumi;

/// <summary>Calls of a provider's functions.</summary>
internal static class Invocation
{
    public static Output<T> Start<T>(Deployment deployment, string token, InvokeArgs args, InvokeOptions? options) =>
        new(CallAsync<T>(deployment, token, args, options));

    public static async Task<T> RunAsync<T>(Deployment deployment, string token, InvokeArgs args, InvokeOptions? options) =>
        (await CallAsync<T>(deployment, token, args, options)).Value;

    private static async Task<OutputData<T>> CallAsync<T>(Deployment deployment, string token, InvokeArgs args, InvokeOptions? options)
    {
        var keepsResources = await deployment.Monitor.KeepsResourcesAsync();
        var serializer = new Serializer(keepsResources);
        var arguments = await serializer.MapAsync(token, args.Members());
        ImmutableHashSet<Resource> origins = [.. serializer.Dependencies];
        if (arguments.HasUnknowns)
            return new OutputData<T>([], default!, IsKnown: false, IsSecret: false);

        var response = await deployment.Monitor.InvokeAsync(
            new ResourceInvokeRequest
            {
                Tok = token,
                Args = PropertyCodec.ToStruct((MapValue)arguments.Plain()),
                Provider = await Registration.ReferenceAsync(options?.Provider ?? ProviderOf(options?.Parent, token)),
                Version = options?.Version ?? "",
                PluginDownloadURL = options?.PluginDownloadURL ?? "",
                AcceptResources = keepsResources,
            }
        );
        if (response.Failures.Count > 0)
        {
            var reasons = response.Failures.Select(static f => f.Property.Length == 0 ? f.Reason : $"{f.Reason} ({f.Property})");
            throw new InvokeException($"{token}: {string.Join("; ", reasons)}");
        }
        if (response.Unknown)
            return new OutputData<T>(origins, default!, IsKnown: false, IsSecret: false);

        // Whether the result is secret is decided by the provider, whatever the arguments are.
        var data = Converter.Convert(
            static text => Log.Warn(text),
            $"{token} result",
            PropertyCodec.FromStruct(response.Return),
            typeof(T)
        );
        return new OutputData<T>(origins, data.Value is null ? default! : (T)data.Value, data.IsKnown, data.IsSecret);
    }

    private static ProviderResource? ProviderOf(Resource? parent, string token) =>
        parent?.Providers.GetValueOrDefault(Resource.PackageOf(token));
}
