using Cloudlet.Errors;
using Cloudlet.Provider.Agents;
using Cloudlet.Provider.Resources;
using Cloudlet.Provider.Settings;
using Cloudlet.Wire;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Provider.Serving;

/// <summary>
/// The protocol's methods for the provider itself: identity, features, configuration, shutdown.
/// </summary>
internal sealed class ProviderService : IDisposable
{
    private readonly Func<ProviderSettings, IAgentConnector> _doors;
    private readonly RunClaims? _claims;
    private readonly CancellationTokenSource _cancelling = new();
    private volatile HostService? _hosts;

    /// <summary>Creates a provider.</summary>
    /// <param name="log">Sends messages to the user.</param>
    /// <param name="doors">Opens connections to hosts, given the provider's configuration.</param>
    /// <param name="claims">What other providers of the same run have seen; null: unknown.</param>
    public ProviderService(EngineLog log, Func<ProviderSettings, IAgentConnector> doors, RunClaims? claims = null)
    {
        _claims = claims;
        Log = log;
        _doors = doors;
    }

    /// <summary>Sends messages to the user.</summary>
    public EngineLog Log { get; }

    /// <summary>The version in the format of the engine: three numbers.</summary>
    public static string Version => typeof(ProviderService).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Every method of the provider.</summary>
    public GrpcServices Services() =>
        new GrpcServices()
            .Add(ProviderMethods.Handshake, (request, _) => Answer(Handshake(request)))
            .Add(ProviderMethods.Attach, (request, _) => Answer(Attach(request)))
            .Add(ProviderMethods.GetPluginInfo, static (_, _) => Answer(new PluginInfo { Version = Version }))
            .Add(ProviderMethods.GetSchema, static (request, _) => Answer(Schema(request)))
            .Add(ProviderMethods.CheckConfig, static (request, _) => Answer(CheckConfig(request)))
            .Add(ProviderMethods.DiffConfig, static (request, _) => Answer(DiffConfig(request)))
            .Add(ProviderMethods.Configure, (request, _) => Answer(Configure(request)))
            .Add(ProviderMethods.Check, static (request, _) => Answer(HostService.Check(request)))
            .Add(ProviderMethods.Diff, static (request, _) => Answer(HostService.Diff(request)))
            .Add(ProviderMethods.Create, Host<CreateRequest, CreateResponse>(static (hosts, request, ct) => hosts.CreateAsync(request, ct)))
            .Add(ProviderMethods.Read, Host<ReadRequest, ReadResponse>(static (hosts, request, ct) => hosts.ReadAsync(request, ct)))
            .Add(ProviderMethods.Update, Host<UpdateRequest, UpdateResponse>(static (hosts, request, ct) => hosts.UpdateAsync(request, ct)))
            .Add(ProviderMethods.Delete, Host<DeleteRequest, Empty>(static (hosts, request, ct) => hosts.DeleteAsync(request, ct)))
            .Add(
                ProviderMethods.Cancel,
                async (_, _) =>
                {
                    await _cancelling.CancelAsync();
                    return new Empty();
                }
            );

    /// <inheritdoc/>
    public void Dispose() => _cancelling.Dispose();

    private HostService Hosts =>
        _hosts ?? throw new GrpcException(GrpcCode.FailedPrecondition, "the provider is not configured: Configure comes first");

    private static Task<T> Answer<T>(T answer) => Task.FromResult(answer);

    private Func<TRequest, CancellationToken, Task<TResponse>> Host<TRequest, TResponse>(
        Func<HostService, TRequest, CancellationToken, Task<TResponse>> method
    ) =>
        async (request, ct) =>
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, _cancelling.Token);
            try
            {
                return await method(Hosts, request, either.Token);
            }
            finally
            {
                await Log.FlushAsync();
            }
        };

    private ProviderHandshakeResponse Handshake(ProviderHandshakeRequest request)
    {
        Log.Connect(request.EngineAddress);
        return new ProviderHandshakeResponse { AcceptSecrets = true };
    }

    private Empty Attach(PluginAttach request)
    {
        Log.Connect(request.Address);
        return new Empty();
    }

    private static GetSchemaResponse Schema(GetSchemaRequest request) =>
        request.Version == 0 && request.SubpackageName.Length == 0
            ? new GetSchemaResponse { Schema = PluginSchema.Generate(Version) }
            : throw new GrpcException(
                GrpcCode.InvalidArgument,
                $"the only schema version is 0; requested: {request.Version} {request.SubpackageName}"
            );

    private static CheckResponse CheckConfig(CheckRequest request)
    {
        var (_, problems) = ProviderSettings.Read(PropertyCodec.FromStruct(request.News));
        return new CheckResponse
        {
            Inputs = request.News ?? new Struct(),
            Failures = { problems.Select(static p => new CheckFailure { Property = p.Path, Reason = p.Reason }) },
        };
    }

    private static DiffResponse DiffConfig(DiffRequest request)
    {
        // No setting decides which hosts exist, so no change replaces any.
        var olds = PropertyCodec.FromStruct(request.OldInputs ?? request.Olds);
        return HostService.ToResponse([
            .. TreeDiff
                .Between(olds, PropertyCodec.FromStruct(request.News))
                .Select(static c => new DiffEntry(c.Path, c.Kind, IsInput: true, Replaces: false)),
        ]);
    }

    private ConfigureResponse Configure(ConfigureRequest request)
    {
        var (settings, problems) = ProviderSettings.Read(PropertyCodec.FromStruct(request.Args));
        if (problems.Count > 0)
            throw new CloudletException(ErrorKind.InvalidInput, string.Join('\n', problems.Select(static p => $"{p.Path}: {p.Reason}")));
        _hosts = new HostService(new HostResource(_doors(settings), settings, _claims), Log);
        return new ConfigureResponse { AcceptSecrets = true, SupportsPreview = true };
    }
}
