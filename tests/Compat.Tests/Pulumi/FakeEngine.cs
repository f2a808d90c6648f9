using System.Text.Json;
using Cloudlet.Wire;
using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Google.Protobuf.WellKnownTypes;

namespace Compat.Tests.Pulumi;

/// <summary>
/// An engine in this process: records what a program sends, and answers as told. The environment belongs to the process, so only one
/// program runs at a time.
/// </summary>
internal sealed class FakeEngine
{
    private static readonly SemaphoreSlim One = new(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>True for a preview.</summary>
    public bool IsPreview { get; init; }

    /// <summary>Configuration by full key.</summary>
    public Dictionary<string, string> Config { get; init; } = [];

    /// <summary>Methods that this engine does not have.</summary>
    public HashSet<string> Lacks { get; init; } = [];

    /// <summary>Outputs of resources in addition to their inputs, by resource name.</summary>
    public Dictionary<string, MapValue> Outputs { get; init; } = [];

    /// <summary>Resources whose declaration fails, by name.</summary>
    public Dictionary<string, GrpcStatus> Failures { get; init; } = [];

    /// <summary>The resource at whose declaration the engine vanishes.</summary>
    public string? VanishesAt { get; init; }

    /// <summary>The result of a provider's function.</summary>
    public Func<ResourceInvokeRequest, ResourceInvokeResponse> OnInvoke { get; init; } = static _ => new ResourceInvokeResponse();

    public List<RegisterResourceRequest> Registered { get; } = [];

    public List<ReadResourceRequest> Reads { get; } = [];

    public List<RegisterResourceOutputsRequest> StackOutputs { get; } = [];

    public List<LogRequest> Logs { get; } = [];

    /// <summary>Names of the called methods, in order.</summary>
    public List<string> Calls { get; } = [];

    public RegisterResourceRequest this[string name] => Registered.Single(r => r.Name == name);

    public MapValue Inputs(string name) => PropertyCodec.FromStruct(this[name].Object);

    public MapValue Exports =>
        PropertyCodec.FromStruct(StackOutputs.Single(o => o.Urn.Contains("pulumi:pulumi:Stack", StringComparison.Ordinal)).Outputs);

    public string Errors => string.Join('\n', Logs.Where(static l => l.Severity == LogSeverity.Error).Select(static l => l.Message));

    /// <summary>Runs a program and returns its exit code.</summary>
    public async Task<int> RunAsync(Func<Task<int>> program)
    {
        await One.WaitAsync();
        var exitCode = Environment.ExitCode;
        try
        {
            await using var server = await GrpcServer.StartAsync(Services());
            _gone = server;
            SetEnvironment($"127.0.0.1:{server.Port}");
            return await program().WaitAsync(Patience);
        }
        finally
        {
            SetEnvironment(null);
            Environment.ExitCode = exitCode;
            One.Release();
        }
    }

    /// <summary>Runs an action while no program has an engine.</summary>
    public static async Task WithoutAsync(Func<Task> act)
    {
        await One.WaitAsync();
        try
        {
            await act();
        }
        finally
        {
            One.Release();
        }
    }

    private GrpcServer? _gone;

    private void SetEnvironment(string? address)
    {
        Set("PULUMI_MONITOR", address);
        Set("PULUMI_ENGINE", address);
        Set("PULUMI_PROJECT", "proj");
        Set("PULUMI_STACK", "dev");
        Set("PULUMI_DRY_RUN", IsPreview ? "true" : "false");
        Set("PULUMI_QUERY_MODE", "false");
        Set("PULUMI_PARALLEL", "16");
        Set("PULUMI_ORGANIZATION", "org");
        Set("PULUMI_CONFIG", JsonSerializer.Serialize(Config));

        void Set(string name, string? value) => Environment.SetEnvironmentVariable(name, address is null ? null : value);
    }

    private GrpcServices Services()
    {
        var services = new GrpcServices();
        Add(MonitorMethods.SupportsFeature, static _ => new SupportsFeatureResponse { HasSupport = true });
        Add(MonitorMethods.Invoke, OnInvoke);
        Add(MonitorMethods.ReadResource, Read);
        Add(MonitorMethods.RegisterResource, Register);
        Add(MonitorMethods.RegisterResourceOutputs, r => Note(StackOutputs, r));
        Add(MonitorMethods.SignalAndWaitForShutdown, static _ => new Empty());
        Add(EngineMethods.Log, r => Note(Logs, r));
        return services;

        void Add<TRequest, TResponse>(GrpcMethod<TRequest, TResponse> method, Func<TRequest, TResponse> answer)
            where TRequest : class, Google.Protobuf.IMessage<TRequest>
            where TResponse : class, Google.Protobuf.IMessage<TResponse>
        {
            if (Lacks.Contains(method.Name))
                return;
            services.Add(
                method,
                (request, _) =>
                {
                    lock (Calls)
                    {
                        Calls.Add(method.Name);
                        return Task.FromResult(answer(request));
                    }
                }
            );
        }
    }

    private static Empty Note<T>(List<T> list, T item)
    {
        list.Add(item);
        return new Empty();
    }

    private RegisterResourceResponse Register(RegisterResourceRequest request)
    {
        Registered.Add(request);
        if (request.Name == VanishesAt)
            _gone!.StopAsync(TimeSpan.Zero).GetAwaiter().GetResult(); // the connection is cut before the answer
        if (Failures.TryGetValue(request.Name, out var status))
            throw new GrpcException(status);
        var outputs = PropertyCodec.FromStruct(request.Object);
        foreach (var (key, value) in (Outputs.GetValueOrDefault(request.Name) ?? MapValue.Empty).Entries)
            outputs = outputs.With(key, value);
        return new RegisterResourceResponse
        {
            Urn = $"urn:pulumi:dev::proj::{request.Type}::{request.Name}",
            Id = request.Custom && !IsPreview ? $"{request.Name}-id" : "",
            Object = PropertyCodec.ToStruct(outputs),
        };
    }

    private ReadResourceResponse Read(ReadResourceRequest request)
    {
        Reads.Add(request);
        return new ReadResourceResponse
        {
            Urn = $"urn:pulumi:dev::proj::{request.Type}::{request.Name}",
            Properties = PropertyCodec.ToStruct(Outputs.GetValueOrDefault(request.Name) ?? MapValue.Empty),
        };
    }
}
