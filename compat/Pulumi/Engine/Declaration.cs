using System.Globalization;
using Cloudlet.Wire.Protocol;
using Cloudlet.Wire.Values;
using Pulumi.Serialization;
using WireAlias = Cloudlet.Wire.Protocol.Alias;

namespace Pulumi;

/// <summary>Builds the messages that declare a resource to the engine.</summary>
internal static class Declaration
{
    public static async Task<RegisterResourceRequest> MakeAsync(
        Deployment deployment,
        Resource resource,
        bool custom,
        ResourceArgs args,
        ResourceOptions options
    )
    {
        var request = Plain(resource, custom, options);
        if (resource.Parent is { } parent)
            request.Parent = (await parent.Urn.DataTask).Value;
        var dependencies = await AddInputsAsync(deployment, resource, args, request);
        if (options.HasDependsOn)
            dependencies.UnionWith(await UrnsAsync(resource, await ResourcesAsync(options.DependsOn)));
        request.Dependencies.AddRange(dependencies);
        request.Provider = await Registration.ReferenceAsync(resource.Provider);
        if (!custom)
        {
            foreach (var (package, provider) in resource.Providers)
                request.Providers.Add(package, await Registration.ReferenceAsync(provider));
        }

        foreach (var alias in options.Aliases)
            request.Aliases.Add(await AliasAsync((await alias.ToOutput().DataTask).Value));
        if (options.DeletedWith is { } owner)
            request.DeletedWith = (await owner.Urn.DataTask).Value;
        if (options.HasReplaceWith)
            request.ReplaceWith.AddRange(await UrnsAsync(resource, await ResourcesAsync(options.ReplaceWith)));
        if (options.ReplacementTrigger is { } trigger)
            request.ReplacementTrigger = PropertyCodec.ToValue(
                await new Serializer(keepResources: false).SerializeAsync("replacementTrigger", trigger)
            );
        return request;
    }

    /// <summary>The same for a resource that is only read.</summary>
    public static ReadResourceRequest ToRead(RegisterResourceRequest request, string id) =>
        new()
        {
            Id = id,
            Type = request.Type,
            Name = request.Name,
            Parent = request.Parent,
            Properties = request.Object,
            Dependencies = { request.Dependencies },
            Provider = request.Provider,
            Version = request.Version,
            PluginDownloadURL = request.PluginDownloadURL,
            AcceptSecrets = true,
            AcceptResources = true,
            AdditionalSecretOutputs = { request.AdditionalSecretOutputs },
        };

    private static RegisterResourceRequest Plain(Resource resource, bool custom, ResourceOptions options)
    {
        var request = new RegisterResourceRequest
        {
            Type = resource.GetResourceType(),
            Name = resource.GetResourceName(),
            Custom = custom,
            Remote = resource.IsRemote,
            Version = options.Version ?? "",
            PluginDownloadURL = options.PluginDownloadURL ?? "",
            IgnoreChanges = { options.IgnoreChanges },
            ReplaceOnChanges = { options.ReplaceOnChanges },
            HideDiffs = { options.HideDiffs },
            AcceptSecrets = true,
            AcceptResources = true,
            AliasSpecs = true,
            SupportsResultReporting = true,
            SupportsPartialValues = resource.IsRemote,
        };
        if (resource.IsProtected is { } isProtected)
            request.Protect = isProtected;
        if (options.RetainOnDelete is { } retain)
            request.RetainOnDelete = retain;
        if (options.CustomTimeouts is { } timeouts)
            request.CustomTimeouts = new RegisterResourceRequest.Types.CustomTimeouts
            {
                Create = Duration(timeouts.Create),
                Update = Duration(timeouts.Update),
                Delete = Duration(timeouts.Delete),
            };
        if (options is CustomResourceOptions own)
        {
            request.DeleteBeforeReplace = own.DeleteBeforeReplace ?? false;
            request.DeleteBeforeReplaceDefined = own.DeleteBeforeReplace is not null;
            request.ImportId = own.ImportId ?? "";
            request.AdditionalSecretOutputs.AddRange(own.AdditionalSecretOutputs);
        }

        return request;
    }

    private static async Task<SortedSet<string>> AddInputsAsync(
        Deployment deployment,
        Resource resource,
        ResourceArgs args,
        RegisterResourceRequest request
    )
    {
        var all = new SortedSet<string>(StringComparer.Ordinal);
        var inputs = MapValue.Empty;
        var keepsResources = await deployment.Monitor.KeepsResourcesAsync();
        foreach (var (name, value) in args.Members())
        {
            var serializer = new Serializer(keepsResources);
            var serialized = await serializer.SerializeAsync($"{resource.GetResourceName()}.{name}", value);
            if (serialized is NullValue)
                continue;
            inputs = inputs.With(name, serialized);
            var urns = await UrnsAsync(resource, serializer.Dependencies);
            all.UnionWith(urns);
            request.PropertyDependencies.Add(name, new RegisterResourceRequest.Types.PropertyDependencies { Urns = { urns } });
        }

        request.Object = PropertyCodec.ToStruct(inputs);
        return all;
    }

    private static async Task<IEnumerable<Resource>> ResourcesAsync(InputList<Resource> list)
    {
        var data = await ((Output<System.Collections.Immutable.ImmutableArray<Resource>>)list).DataTask;
        return data.IsKnown ? data.Value : data.Resources;
    }

    /// <summary>The URNs to wait for: a component is replaced by everything in it.</summary>
    private static async Task<SortedSet<string>> UrnsAsync(Resource resource, IEnumerable<Resource> dependencies)
    {
        var expanded = new HashSet<Resource>();
        foreach (var dependency in dependencies)
            Expand(dependency);
        var urns = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var one in expanded)
            urns.Add((await one.Urn.DataTask).Value);
        return urns;

        void Expand(Resource one)
        {
            if (one is CustomResource || one.IsRemote)
            {
                if (one != resource)
                    expanded.Add(one);
                return;
            }

            // The official SDK waits for everything in the component, which includes this resource, and so waits forever.
            if (IsAbove(one, resource))
                throw new RunException(
                    $"\"{resource.GetResourceName()}\" depends on \"{one.GetResourceName()}\", the component that it belongs to: it "
                        + "would wait for itself"
                );
            Resource[] children;
            lock (Deployment.Required)
                children = [.. one.Children];
            foreach (var child in children)
                Expand(child);
        }
    }

    private static bool IsAbove(Resource one, Resource resource)
    {
        for (var above = resource.Parent; above is not null; above = above.Parent)
        {
            if (above == one)
                return true;
        }

        return false;
    }

    private static async Task<WireAlias> AliasAsync(Alias alias)
    {
        if (alias.Urn is { } urn)
            return new WireAlias { Urn = urn };
        var spec = new WireAlias.Types.Spec
        {
            Name = await TextAsync(alias.Name),
            Type = await TextAsync(alias.Type),
            Stack = await TextAsync(alias.Stack),
            Project = await TextAsync(alias.Project),
        };
        if (alias.NoParent)
            spec.NoParent = true;
        else if (alias.Parent is { } parent)
            spec.ParentUrn = (await parent.Urn.DataTask).Value;
        else if (alias.ParentUrn is { } urnOfParent)
            spec.ParentUrn = await TextAsync(urnOfParent);
        return new WireAlias { Spec = spec };
    }

    private static async Task<string> TextAsync(Input<string>? text) => text is null ? "" : (await text.ToOutput().DataTask).Value ?? "";

    // A duration in the format that Go reads.
    private static string Duration(TimeSpan? time) =>
        time is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known.TotalSeconds:0.#########}s") : "";
}
