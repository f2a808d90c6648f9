using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Pulumi.Serialization;

namespace Pulumi;

/// <summary>Declares resources to the engine and receives the results.</summary>
internal static class Registration
{
    /// <summary>Starts to declare a resource. Its outputs exist at once and get their values when the engine has answered.</summary>
    public static void Start(Deployment deployment, Resource resource, bool custom, ResourceArgs args, ResourceOptions options)
    {
        var outputs = OutputSource.Of(resource);
        deployment.Tasks.Add(RunAsync(deployment, resource, custom, args, options, outputs));
    }

    /// <summary>Starts to send a component's outputs to the engine.</summary>
    public static void StartOutputs(Deployment deployment, Resource component, Output<IDictionary<string, object?>> outputs) =>
        deployment.Tasks.Add(RegisterOutputsAsync(deployment, component, outputs));

    /// <summary>Reference to a provider, as the engine expects it; empty: the default one.</summary>
    public static async Task<string> ReferenceAsync(ProviderResource? provider)
    {
        if (provider is null)
            return "";
        var id = await provider.Id.DataTask;
        var known = id is { IsKnown: true, Value.Length: > 0 } ? id.Value : PropertyCodec.ToValue(PropertyValue.Unknown).StringValue;
        return $"{(await provider.Urn.DataTask).Value}::{known}";
    }

    private static async Task RunAsync(
        Deployment deployment,
        Resource resource,
        bool custom,
        ResourceArgs args,
        ResourceOptions options,
        List<OutputSource> outputs
    )
    {
        try
        {
            var answer = await AnswerAsync(deployment, resource, custom, args, options);
            foreach (var output in outputs)
                output.Set(answer.Of(output, deployment.IsDryRun));
        }
        catch (Exception e)
        {
            // The engine has reported why it ends; a call that was pending then has nothing to add.
            var failure =
                e is GrpcException { InnerException: null, Status: { Code: GrpcCode.Unavailable } said }
                && said.Message.Contains("shut down", StringComparison.Ordinal)
                    ? new EngineEndedException(e)
                : e is GrpcException grpc
                    ? new ResourceException(
                        $"{resource.GetResourceType()} \"{resource.GetResourceName()}\" could not be declared: {grpc.Message}",
                        null,
                        hideStack: true,
                        e
                    )
                : e;
            foreach (var output in outputs)
                output.Fail(failure);
            if (failure != e)
                throw failure;
            throw;
        }
    }

    private static async Task<Answer> AnswerAsync(
        Deployment deployment,
        Resource resource,
        bool custom,
        ResourceArgs args,
        ResourceOptions options
    )
    {
        // Wait until the constructor of the derived class has finished: only then are its properties set.
        await Task.Yield();
        if (options.Urn is { Length: > 0 } urn)
            return await LookUpAsync(deployment, resource, urn);
        var id = options.Id is { } given ? await given.ToOutput().DataTask : default;
        if (!custom && id.Value is { Length: > 0 })
            throw new ArgumentException(
                $"component \"{resource.GetResourceName()}\" has an id: only a custom resource can be read by its id",
                nameof(options)
            );
        var request = await Declaration.MakeAsync(deployment, resource, custom, args, options);
        if (id.Value is not { Length: > 0 })
        {
            var response = await deployment.Monitor.RegisterAsync(request);
            return new Answer(
                response.Urn,
                response.Id,
                PropertyCodec.FromStruct(response.Object),
                IsWhole: response is { Result: Result.Success, Unknown: false }
            );
        }

        var read = await deployment.Monitor.ReadAsync(
            Declaration.ToRead(request, id.IsKnown ? id.Value : PropertyCodec.ToValue(PropertyValue.Unknown).StringValue)
        );
        return new Answer(read.Urn, id.Value, PropertyCodec.FromStruct(read.Properties), IsWhole: true);
    }

    /// <summary>Asks the engine for a resource of this stack that is or was declared elsewhere.</summary>
    private static async Task<Answer> LookUpAsync(Deployment deployment, Resource resource, string urn)
    {
        const string function = "pulumi:pulumi:getResource";
        var found = await deployment.Monitor.InvokeAsync(
            new ResourceInvokeRequest
            {
                Tok = function,
                Args = PropertyCodec.ToStruct(MapValue.Empty.With("urn", new TextValue(urn))),
                AcceptResources = await deployment.Monitor.KeepsResourcesAsync(),
            }
        );
        if (found.Failures.Count > 0)
            throw new ResourceException(
                $"{resource.GetResourceType()} \"{resource.GetResourceName()}\" could not be looked up: "
                    + $"{string.Join("; ", found.Failures.Select(static f => f.Reason))}",
                null,
                hideStack: true
            );
        var values = PropertyCodec.FromStruct(found.Return);
        var state = values["state"] as MapValue ?? (values["state"] is SecretValue { Value: MapValue all } ? Secrets(all) : MapValue.Empty);
        return new Answer(Text("urn") ?? urn, Text("id") ?? "", state, IsWhole: true);

        string? Text(string key) => (values[key]?.Plain() as TextValue)?.Value;
    }

    private static async Task RegisterOutputsAsync(Deployment deployment, Resource component, Output<IDictionary<string, object?>> outputs)
    {
        var serializer = new Serializer(await deployment.Monitor.KeepsResourcesAsync());
        var value = await serializer.SerializeAsync("outputs", outputs);
        // All outputs together may be unknown or secret; then each of them is.
        var map = value as MapValue ?? (value is SecretValue { Value: MapValue all } ? Secrets(all) : MapValue.Empty);
        var urn = (await component.Urn.DataTask).Value;
        await deployment.Monitor.RegisterOutputsAsync(
            new RegisterResourceOutputsRequest { Urn = urn, Outputs = PropertyCodec.ToStruct(map) }
        );
    }

    private static MapValue Secrets(MapValue all) =>
        new(all.Entries.SetItems(all.Entries.Select(static e => KeyValuePair.Create(e.Key, (PropertyValue)new SecretValue(e.Value)))));

    /// <summary>The engine's answer about a resource.</summary>
    /// <param name="Urn">Its URN.</param>
    /// <param name="Id">Its id; empty while it is not known.</param>
    /// <param name="Properties">Its outputs.</param>
    /// <param name="IsWhole">True when it is as declared: then an output that is missing here does not exist.</param>
    private sealed record Answer(string Urn, string Id, MapValue Properties, bool IsWhole)
    {
        public OutputData<object?> Of(OutputSource output, bool isDryRun) =>
            output.Name switch
            {
                "urn" => new OutputData<object?>([], Urn, IsKnown: true, IsSecret: false),
                "id" => new OutputData<object?>([], Id, Id.Length > 0, IsSecret: false),
                var name when Properties[name] is { } value => Converter.Convert(
                    static text => Log.Warn(text),
                    name,
                    value,
                    output.ValueType
                ),
                _ => Converter.Convert(static text => Log.Warn(text), output.Name, PropertyValue.Null, output.ValueType) with
                {
                    IsKnown = IsWhole && !isDryRun,
                },
            };
    }
}
