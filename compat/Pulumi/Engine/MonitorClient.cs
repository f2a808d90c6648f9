using Cloudlet.Wire;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Google.Protobuf.WellKnownTypes;

namespace Pulumi;

/// <summary>The engine's service that keeps track of resources. Calls take as long as what they wait for: minutes, hours.</summary>
internal sealed class MonitorClient(GrpcChannel channel)
{
    private readonly Lock _once = new();
    private Task<bool>? _keepsResources;

    /// <summary>Whether the engine accepts references to resources.</summary>
    public Task<bool> KeepsResourcesAsync()
    {
        lock (_once)
            return _keepsResources ??= SupportsAsync("resourceReferences");
    }

    public Task<RegisterResourceResponse> RegisterAsync(RegisterResourceRequest request) =>
        channel.CallAsync(MonitorMethods.RegisterResource, request);

    public Task<ReadResourceResponse> ReadAsync(ReadResourceRequest request) => channel.CallAsync(MonitorMethods.ReadResource, request);

    public Task RegisterOutputsAsync(RegisterResourceOutputsRequest request) =>
        channel.CallAsync(MonitorMethods.RegisterResourceOutputs, request);

    public Task<ResourceInvokeResponse> InvokeAsync(ResourceInvokeRequest request) => channel.CallAsync(MonitorMethods.Invoke, request);

    /// <summary>
    /// Reports that everything is declared, and waits until the engine is done. An engine without this call treats the end of the program
    /// as the signal.
    /// </summary>
    public async Task SignalAndWaitForShutdownAsync()
    {
        try
        {
            await channel.CallAsync(MonitorMethods.SignalAndWaitForShutdown, new Empty());
        }
        catch (GrpcException e) when (e.Status.Code == GrpcCode.Unimplemented) { }
    }

    private async Task<bool> SupportsAsync(string feature)
    {
        try
        {
            return (await channel.CallAsync(MonitorMethods.SupportsFeature, new SupportsFeatureRequest { Id = feature })).HasSupport;
        }
        catch (GrpcException e) when (e.Status.Code == GrpcCode.Unimplemented)
        {
            return false;
        }
    }
}
