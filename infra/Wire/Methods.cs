using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Wire;

/// <summary>The engine's methods for programs.</summary>
public static class MonitorMethods
{
    private const string Service = "pulumirpc.ResourceMonitor";

    /// <summary>Whether the engine supports a feature.</summary>
    public static readonly GrpcMethod<SupportsFeatureRequest, SupportsFeatureResponse> SupportsFeature = new(
        Service,
        nameof(SupportsFeature),
        SupportsFeatureRequest.Parser,
        SupportsFeatureResponse.Parser
    );

    /// <summary>Calls a function of a provider.</summary>
    public static readonly GrpcMethod<ResourceInvokeRequest, ResourceInvokeResponse> Invoke = new(
        Service,
        nameof(Invoke),
        ResourceInvokeRequest.Parser,
        ResourceInvokeResponse.Parser
    );

    /// <summary>Reads an existing resource.</summary>
    public static readonly GrpcMethod<ReadResourceRequest, ReadResourceResponse> ReadResource = new(
        Service,
        nameof(ReadResource),
        ReadResourceRequest.Parser,
        ReadResourceResponse.Parser
    );

    /// <summary>Declares a resource; answered once it is as declared.</summary>
    public static readonly GrpcMethod<RegisterResourceRequest, RegisterResourceResponse> RegisterResource = new(
        Service,
        nameof(RegisterResource),
        RegisterResourceRequest.Parser,
        RegisterResourceResponse.Parser
    );

    /// <summary>Sets the outputs of a component or the stack.</summary>
    public static readonly GrpcMethod<RegisterResourceOutputsRequest, Empty> RegisterResourceOutputs = new(
        Service,
        nameof(RegisterResourceOutputs),
        RegisterResourceOutputsRequest.Parser,
        Empty.Parser
    );

    /// <summary>Registers a package that resources come from.</summary>
    public static readonly GrpcMethod<RegisterPackageRequest, RegisterPackageResponse> RegisterPackage = new(
        Service,
        nameof(RegisterPackage),
        RegisterPackageRequest.Parser,
        RegisterPackageResponse.Parser
    );

    /// <summary>Reports that the program has declared everything; answered when the engine is done.</summary>
    public static readonly GrpcMethod<Empty, Empty> SignalAndWaitForShutdown = new(
        Service,
        nameof(SignalAndWaitForShutdown),
        Empty.Parser,
        Empty.Parser
    );
}

/// <summary>The methods of the engine itself.</summary>
public static class EngineMethods
{
    private const string Service = "pulumirpc.Engine";

    /// <summary>Shows a message to the user.</summary>
    public static readonly GrpcMethod<LogRequest, Empty> Log = new(Service, nameof(Log), LogRequest.Parser, Empty.Parser);

    /// <summary>The URN of the stack.</summary>
    public static readonly GrpcMethod<GetRootResourceRequest, GetRootResourceResponse> GetRootResource = new(
        Service,
        nameof(GetRootResource),
        GetRootResourceRequest.Parser,
        GetRootResourceResponse.Parser
    );

    /// <summary>Sets the URN of the stack.</summary>
    public static readonly GrpcMethod<SetRootResourceRequest, SetRootResourceResponse> SetRootResource = new(
        Service,
        nameof(SetRootResource),
        SetRootResourceRequest.Parser,
        SetRootResourceResponse.Parser
    );

    /// <summary>Fails unless the engine's version is in a given range.</summary>
    public static readonly GrpcMethod<RequirePulumiVersionRequest, RequirePulumiVersionResponse> RequirePulumiVersion = new(
        Service,
        nameof(RequirePulumiVersion),
        RequirePulumiVersionRequest.Parser,
        RequirePulumiVersionResponse.Parser
    );
}

/// <summary>The methods of a resource provider.</summary>
public static class ProviderMethods
{
    private const string Service = "pulumirpc.ResourceProvider";

    /// <summary>First call: identity of the engine, and what both sides support.</summary>
    public static readonly GrpcMethod<ProviderHandshakeRequest, ProviderHandshakeResponse> Handshake = Of(
        nameof(Handshake),
        ProviderHandshakeRequest.Parser,
        ProviderHandshakeResponse.Parser
    );

    /// <summary>Creates a provider for a package that is known by parameters only.</summary>
    public static readonly GrpcMethod<ParameterizeRequest, ParameterizeResponse> Parameterize = Of(
        nameof(Parameterize),
        ParameterizeRequest.Parser,
        ParameterizeResponse.Parser
    );

    /// <summary>The schema of the package.</summary>
    public static readonly GrpcMethod<GetSchemaRequest, GetSchemaResponse> GetSchema = Of(
        nameof(GetSchema),
        GetSchemaRequest.Parser,
        GetSchemaResponse.Parser
    );

    /// <summary>Checks the provider's own configuration.</summary>
    public static readonly GrpcMethod<CheckRequest, CheckResponse> CheckConfig = Of(
        nameof(CheckConfig),
        CheckRequest.Parser,
        CheckResponse.Parser
    );

    /// <summary>Compares two configurations of the provider.</summary>
    public static readonly GrpcMethod<DiffRequest, DiffResponse> DiffConfig = Of(
        nameof(DiffConfig),
        DiffRequest.Parser,
        DiffResponse.Parser
    );

    /// <summary>Configures the provider, once.</summary>
    public static readonly GrpcMethod<ConfigureRequest, ConfigureResponse> Configure = Of(
        nameof(Configure),
        ConfigureRequest.Parser,
        ConfigureResponse.Parser
    );

    /// <summary>Calls a function.</summary>
    public static readonly GrpcMethod<InvokeRequest, InvokeResponse> Invoke = Of(
        nameof(Invoke),
        InvokeRequest.Parser,
        InvokeResponse.Parser
    );

    /// <summary>Checks the inputs of a resource and fills in defaults.</summary>
    public static readonly GrpcMethod<CheckRequest, CheckResponse> Check = Of(nameof(Check), CheckRequest.Parser, CheckResponse.Parser);

    /// <summary>Computes what would change.</summary>
    public static readonly GrpcMethod<DiffRequest, DiffResponse> Diff = Of(nameof(Diff), DiffRequest.Parser, DiffResponse.Parser);

    /// <summary>Creates a resource.</summary>
    public static readonly GrpcMethod<CreateRequest, CreateResponse> Create = Of(
        nameof(Create),
        CreateRequest.Parser,
        CreateResponse.Parser
    );

    /// <summary>Reads the current state of a resource.</summary>
    public static readonly GrpcMethod<ReadRequest, ReadResponse> Read = Of(nameof(Read), ReadRequest.Parser, ReadResponse.Parser);

    /// <summary>Updates a resource.</summary>
    public static readonly GrpcMethod<UpdateRequest, UpdateResponse> Update = Of(
        nameof(Update),
        UpdateRequest.Parser,
        UpdateResponse.Parser
    );

    /// <summary>Deletes a resource.</summary>
    public static readonly GrpcMethod<DeleteRequest, Empty> Delete = Of(nameof(Delete), DeleteRequest.Parser, Empty.Parser);

    /// <summary>Cancels operations in progress; also sent at a normal end.</summary>
    public static readonly GrpcMethod<Empty, Empty> Cancel = Of(nameof(Cancel), Empty.Parser, Empty.Parser);

    /// <summary>The version of the plugin.</summary>
    public static readonly GrpcMethod<Empty, PluginInfo> GetPluginInfo = Of(nameof(GetPluginInfo), Empty.Parser, PluginInfo.Parser);

    /// <summary>Tells a provider that was started by hand the engine's address.</summary>
    public static readonly GrpcMethod<PluginAttach, Empty> Attach = Of(nameof(Attach), PluginAttach.Parser, Empty.Parser);

    /// <summary>A mapping from another tool's provider.</summary>
    public static readonly GrpcMethod<GetMappingRequest, GetMappingResponse> GetMapping = Of(
        nameof(GetMapping),
        GetMappingRequest.Parser,
        GetMappingResponse.Parser
    );

    /// <summary>Lists the mappings.</summary>
    public static readonly GrpcMethod<GetMappingsRequest, GetMappingsResponse> GetMappings = Of(
        nameof(GetMappings),
        GetMappingsRequest.Parser,
        GetMappingsResponse.Parser
    );

    private static GrpcMethod<TRequest, TResponse> Of<TRequest, TResponse>(
        string name,
        MessageParser<TRequest> requests,
        MessageParser<TResponse> responses
    )
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage<TResponse> => new(Service, name, requests, responses);
}
