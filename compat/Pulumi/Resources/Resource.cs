namespace Pulumi;

/// <summary>Something that the engine keeps track of.</summary>
public abstract class Resource
{
    private readonly string _type;
    private readonly string _name;

    private protected Resource(string type, string name, bool custom, ResourceArgs args, ResourceOptions options, bool remote)
    {
        if (string.IsNullOrEmpty(type))
            throw new ArgumentException("a resource needs a type", nameof(type));
        if (string.IsNullOrEmpty(name))
            throw new ArgumentException($"a resource of type {type} needs a name", nameof(name));
        _type = type;
        _name = name;
        IsRemote = remote;
        if (options is ComponentResourceOptions { Provider: not null, Providers.Count: > 0 })
            throw new ResourceException($"component \"{name}\" has both a provider and providers: give one of the two", options.Parent);
        var deployment = Deployment.Required;
        Parent =
            type == Stack.RootType
                ? null
                : options.Parent ?? deployment.Stack ?? throw new RunException($"{name} is created before its stack");
        lock (deployment)
            Parent?.Children.Add(this);
        IsProtected = options.Protect ?? Parent?.IsProtected;
        Providers = ProvidersOf(options);
        Provider = custom ? options.Provider ?? Providers.GetValueOrDefault(PackageOf(type)) : null;
        Registration.Start(deployment, this, custom, args, options);
    }

    /// <summary>The engine's name of the resource.</summary>
    [Output("urn")]
    public Output<string> Urn { get; private protected set; } = null!;

    /// <summary>Its type.</summary>
    public string GetResourceType() => _type;

    /// <summary>Its name.</summary>
    public string GetResourceName() => _name;

    internal Resource? Parent { get; }

    internal List<Resource> Children { get; } = [];

    internal bool? IsProtected { get; }

    internal bool IsRemote { get; }

    internal ProviderResource? Provider { get; }

    /// <summary>Providers of the resources below, by package.</summary>
    internal IReadOnlyDictionary<string, ProviderResource> Providers { get; }

    private Dictionary<string, ProviderResource> ProvidersOf(ResourceOptions options)
    {
        var result = new Dictionary<string, ProviderResource>(Parent?.Providers ?? new Dictionary<string, ProviderResource>());
        if (options.Provider is { } provider)
            Keep(provider);
        foreach (var one in (options as ComponentResourceOptions)?.Providers ?? [])
            Keep(one);
        return result;

        // A component cannot use another provider than its parent; a resource can.
        void Keep(ProviderResource provider)
        {
            if (this is ComponentResource && result.TryGetValue(provider.Package, out var inherited) && inherited != provider)
                throw new ArgumentException(
                    $"component \"{_name}\" already has a provider of package {provider.Package} from its parent",
                    nameof(options)
                );
            result[provider.Package] = provider;
        }
    }

    /// <summary>The package of a type or function; empty unless it has three parts.</summary>
    internal static string PackageOf(string token) => token.Split(':') is [var package, _, _] ? package : "";
}

/// <summary>A resource that a provider creates, changes and deletes.</summary>
public class CustomResource : Resource
{
    /// <summary>Declares a resource.</summary>
    /// <param name="type">Its type, package:module:Type.</param>
    /// <param name="name">Its name: unique for the type and the parent.</param>
    /// <param name="args">Its inputs.</param>
    /// <param name="options">How the engine treats it.</param>
    public CustomResource(string type, string name, ResourceArgs? args, CustomResourceOptions? options = null)
        : base(type, name, custom: true, args ?? ResourceArgs.Empty, options ?? new CustomResourceOptions(), remote: false) { }

    /// <summary>The provider's id of it; unknown before it is created.</summary>
    [Output("id")]
    public Output<string> Id { get; private protected set; } = null!;
}

/// <summary>A resource that groups others.</summary>
public class ComponentResource : Resource
{
    /// <summary>Declares a component.</summary>
    public ComponentResource(string type, string name, ComponentResourceOptions? options = null)
        : this(type, name, ResourceArgs.Empty, options) { }

    /// <summary>Declares a component.</summary>
    /// <param name="type">Its type, package:module:Type.</param>
    /// <param name="name">Its name: unique for the type and the parent.</param>
    /// <param name="args">Its inputs.</param>
    /// <param name="options">How the engine treats it.</param>
    /// <param name="remote">True: a provider creates what is in it.</param>
    public ComponentResource(string type, string name, ResourceArgs? args, ComponentResourceOptions? options = null, bool remote = false)
        : base(type, name, custom: false, args ?? ResourceArgs.Empty, options ?? new ComponentResourceOptions(), remote) { }

    /// <summary>Reports that the component is complete and has no outputs.</summary>
    protected void RegisterOutputs() => RegisterOutputs(new Dictionary<string, object?>());

    /// <summary>Reports that the component is complete, with its outputs.</summary>
    protected void RegisterOutputs(IDictionary<string, object?> outputs) => RegisterOutputs(Task.FromResult(outputs));

    /// <summary>Reports that the component is complete, with its outputs.</summary>
    protected void RegisterOutputs(Task<IDictionary<string, object?>> outputs) => RegisterOutputs(Output.Create(outputs));

    /// <summary>Reports that the component is complete, with its outputs.</summary>
    protected void RegisterOutputs(Output<IDictionary<string, object?>> outputs) =>
        Registration.StartOutputs(Deployment.Required, this, outputs);
}

/// <summary>A provider with a configuration of its own.</summary>
public class ProviderResource : CustomResource
{
    /// <summary>Declares a provider.</summary>
    /// <param name="package">Its package.</param>
    /// <param name="name">Its name.</param>
    /// <param name="args">Its configuration.</param>
    /// <param name="options">How the engine treats it. Required: the official class has two constructors that differ only in what follows
    /// it.</param>
    public ProviderResource(string package, string name, ResourceArgs args, CustomResourceOptions? options)
        : base($"pulumi:providers:{package}", name, args, options) => Package = package;

    internal string Package { get; }
}
