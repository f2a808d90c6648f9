using Cloudlet.Wire.Grpc;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Pulumi.Serialization;

namespace Pulumi;

/// <summary>Declares resources to the engine and brings back what became of them.</summary>
internal static class Registration
{
    /// <summary>Starts to declare a resource; its outputs are there at once, their values when the engine has answered.</summary>
    public static void Start(Deployment deployment, Resource resource, bool custom, ResourceArgs args, ResourceOptions options)
    {
        var outputs = OutputSource.Of(resource);
        deployment.Tasks.Add(RunAsync(deployment, resource, custom, args, options, outputs));
    }

    /// <summary>Starts to hand a component's outputs to the engine.</summary>
    public static void StartOutputs(Deployment deployment, Resource component, Output<IDictionary<string, object?>> outputs) => deployment.Tasks.Add(RegisterOutputsAsync(deployment, component, outputs));

    /// <summary>How a provider is referred to; empty: the default one.</summary>
    public static async Task<string> ReferenceAsync(ProviderResource? provider)
    {
        if (provider is null)
            return "";
        var id = await provider.Id.DataTask;
        return $"{(await provider.Urn.DataTask).Value}::{(id is { IsKnown: true, Value.Length: > 0 } ? id.Value : PropertyCodec.ToValue(PropertyValue.Unknown).StringValue)}";
    }

    private static async Task RunAsync(Deployment deployment, Resource resource, bool custom, ResourceArgs args, ResourceOptions options, List<OutputSource> outputs)
    {
        try
        {
            var answer = await AnswerAsync(deployment, resource, custom, args, options);
            foreach (var output in outputs)
                output.Set(answer.Of(output, deployment.IsDryRun));
        }
        catch (Exception e)
        {
            var failure = e is GrpcException grpc
                ? new ResourceException($"{resource.GetResourceType()} \"{resource.GetResourceName()}\" could not be declared: {grpc.Message}", null, hideStack: true, e)
                : e;
            foreach (var output in outputs)
                output.Fail(failure);
            if (failure != e)
                throw failure;
            throw;
        }
    }

    private static async Task<Answer> AnswerAsync(Deployment deployment, Resource resource, bool custom, ResourceArgs args, ResourceOptions options)
    {
        // The constructor of a class that derives from the resource has to be over before anything is read from it.
        await Task.Yield();
        var id = custom && options.Id is { } given ? await given.ToOutput().DataTask : default;
        var request = await Declaration.MakeAsync(deployment, resource, custom, args, options);
        if (id.Value is not { Length: > 0 })
        {
            var response = await deployment.Monitor.RegisterAsync(request);
            return new Answer(response.Urn, response.Id, PropertyCodec.FromStruct(response.Object), IsWhole: response is { Result: Result.Success, Unknown: false });
        }

        var read = await deployment.Monitor.ReadAsync(Declaration.ToRead(request, id.IsKnown ? id.Value : PropertyCodec.ToValue(PropertyValue.Unknown).StringValue));
        return new Answer(read.Urn, id.Value, PropertyCodec.FromStruct(read.Properties), IsWhole: true);
    }

    private static async Task RegisterOutputsAsync(Deployment deployment, Resource component, Output<IDictionary<string, object?>> outputs)
    {
        var serializer = new Serializer(await deployment.Monitor.KeepsResourcesAsync());
        var value = await serializer.SerializeAsync("outputs", outputs);
        // All outputs together may be unknown or secret; each of them is, then.
        var map = value as MapValue ?? (value is SecretValue { Value: MapValue all } ? new MapValue(all.Entries.SetItems(all.Entries.Select(static e => KeyValuePair.Create(e.Key, (PropertyValue)new SecretValue(e.Value))))) : MapValue.Empty);
        var urn = (await component.Urn.DataTask).Value;
        await deployment.Monitor.RegisterOutputsAsync(new RegisterResourceOutputsRequest { Urn = urn, Outputs = PropertyCodec.ToStruct(map) });
    }

    /// <summary>What the engine says of a resource.</summary>
    /// <param name="Urn">Its URN.</param>
    /// <param name="Id">Its id; empty while it is not known.</param>
    /// <param name="Properties">Its outputs.</param>
    /// <param name="IsWhole">True when it is as declared, so that what is not among its outputs is not there at all.</param>
    private sealed record Answer(string Urn, string Id, MapValue Properties, bool IsWhole)
    {
        public OutputData<object?> Of(OutputSource output, bool isDryRun) => output.Name switch
        {
            "urn" => new OutputData<object?>([], Urn, IsKnown: true, IsSecret: false),
            "id" => new OutputData<object?>([], Id, Id.Length > 0, IsSecret: false),
            var name when Properties[name] is { } value => Converter.Convert(name, value, output.ValueType),
            _ => Converter.Convert(output.Name, PropertyValue.Null, output.ValueType) with { IsKnown = IsWhole && !isDryRun },
        };
    }
}
