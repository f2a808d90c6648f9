using Cloudlet.Errors;
using Cloudlet.Provider.Agents;
using Cloudlet.Provider.Resources;
using Cloudlet.Wire;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Provider.Serving;

/// <summary>The methods of the protocol that are about the provider itself: who it is, what it can do, how it is configured, how it ends.</summary>
internal sealed class ProviderService : IDisposable
{
    private readonly Func<ProviderSettings, IHostDoor> doors;
    private readonly CancellationTokenSource cancelling = new();
    private volatile HostService? hosts;

    /// <summary>A provider.</summary>
    /// <param name="log">Tells the user.</param>
    /// <param name="doors">The ways to hosts, by the provider's configuration.</param>
    public ProviderService(EngineLog log, Func<ProviderSettings, IHostDoor> doors)
    {
        Log = log;
        this.doors = doors;
    }

    /// <summary>Tells the user.</summary>
    public EngineLog Log { get; }

    /// <summary>The version, as the engine wants it: three numbers.</summary>
    public static string Version => typeof(ProviderService).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Every method of the provider.</summary>
    public GrpcServices Services() => new GrpcServices()
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
        .Add(ProviderMethods.Cancel, async (_, _) =>
        {
            await cancelling.CancelAsync();
            return new Empty();
        });

    /// <inheritdoc/>
    public void Dispose() => cancelling.Dispose();

    private HostService Hosts => hosts ?? throw new GrpcException(GrpcCode.FailedPrecondition, "the provider is not configured: Configure comes first");

    private static Task<T> Answer<T>(T answer) => Task.FromResult(answer);

    private Func<TRequest, CancellationToken, Task<TResponse>> Host<TRequest, TResponse>(Func<HostService, TRequest, CancellationToken, Task<TResponse>> method) => async (request, ct) =>
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, cancelling.Token);
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

    private static GetSchemaResponse Schema(GetSchemaRequest request) => request.Version == 0 && request.SubpackageName.Length == 0
        ? new GetSchemaResponse { Schema = PluginSchema.Generate(Version) }
        : throw new GrpcException(GrpcCode.InvalidArgument, $"there is one schema, of version 0; asked for was {request.Version} {request.SubpackageName}");

    private static CheckResponse CheckConfig(CheckRequest request)
    {
        var (_, problems) = ProviderSettings.Read(PropertyCodec.FromStruct(request.News));
        return new CheckResponse { Inputs = request.News ?? new Struct(), Failures = { problems.Select(static p => new CheckFailure { Property = p.Path, Reason = p.Reason }) } };
    }

    private static DiffResponse DiffConfig(DiffRequest request)
    {
        // No setting says which hosts there are, so none takes others.
        var olds = PropertyCodec.FromStruct(request.OldInputs ?? request.Olds);
        return HostService.ToResponse([.. TreeDiff.Between(olds, PropertyCodec.FromStruct(request.News)).Select(static c => new DiffEntry(c.Path, c.Kind, IsInput: true, Replaces: false))]);
    }

    private ConfigureResponse Configure(ConfigureRequest request)
    {
        var (settings, problems) = ProviderSettings.Read(PropertyCodec.FromStruct(request.Args));
        if (problems.Count > 0)
            throw new CloudletException(ErrorKind.InvalidInput, string.Join('\n', problems.Select(static p => $"{p.Path}: {p.Reason}")));
        hosts = new HostService(new HostResource(doors(settings), settings), Log);
        return new ConfigureResponse { AcceptSecrets = true, SupportsPreview = true };
    }
}
