namespace Pulumi;

/// <summary>How the engine treats a resource.</summary>
public abstract class ResourceOptions
{
    private InputList<Resource>? _dependsOn;
    private List<string>? _ignoreChanges;
    private List<string>? _replaceOnChanges;
    private List<string>? _hideDiffs;
    private List<Input<Alias>>? _aliases;
    private InputList<Resource>? _replaceWith;

    /// <summary>Id of an existing resource that is only read.</summary>
    public Input<string>? Id { get; set; }

    /// <summary>The component that the resource belongs to; none: the stack.</summary>
    public Resource? Parent { get; set; }

    /// <summary>Resources that must exist first.</summary>
    public InputList<Resource> DependsOn
    {
        get => _dependsOn ??= [];
        set => _dependsOn = value;
    }

    /// <summary>True: the engine refuses to delete it.</summary>
    public bool? Protect { get; set; }

    /// <summary>Paths of inputs whose changes are ignored.</summary>
    public List<string> IgnoreChanges
    {
        get => _ignoreChanges ??= [];
        set => _ignoreChanges = value;
    }

    /// <summary>Version of the provider; none: any.</summary>
    public string? Version { get; set; }

    /// <summary>The provider; none: that of the parent, or the default one.</summary>
    public ProviderResource? Provider { get; set; }

    /// <summary>Time limits.</summary>
    public CustomTimeouts? CustomTimeouts { get; set; }

    /// <summary>Names by which the resource was known before.</summary>
    public List<Input<Alias>> Aliases
    {
        get => _aliases ??= [];
        set => _aliases = value;
    }

    /// <summary>URN of a resource of the same stack that is only looked up.</summary>
    public string? Urn { get; set; }

    /// <summary>Paths of inputs whose changes replace the resource.</summary>
    public List<string> ReplaceOnChanges
    {
        get => _replaceOnChanges ??= [];
        set => _replaceOnChanges = value;
    }

    /// <summary>Where the provider's program is downloaded from.</summary>
    public string? PluginDownloadURL { get; set; }

    /// <summary>True: when it is no longer declared, the engine forgets it and does not delete it.</summary>
    public bool? RetainOnDelete { get; set; }

    /// <summary>A resource whose deletion deletes this one too.</summary>
    public Resource? DeletedWith { get; set; }

    /// <summary>Resources whose replacement replaces this one too.</summary>
    public InputList<Resource> ReplaceWith
    {
        get => _replaceWith ??= [];
        set => _replaceWith = value;
    }

    /// <summary>Paths whose differences are not shown.</summary>
    public List<string> HideDiffs
    {
        get => _hideDiffs ??= [];
        set => _hideDiffs = value;
    }

    /// <summary>A value whose change replaces the resource.</summary>
    public Input<object>? ReplacementTrigger { get; set; }

    internal bool HasDependsOn => _dependsOn is not null;

    internal bool HasReplaceWith => _replaceWith is not null;

    /// <summary>Merges <paramref name="over"/> into this: its single values win, lists are joined.</summary>
    private protected void Lay(ResourceOptions? over)
    {
        if (over is null)
            return;
        Id = over.Id ?? Id;
        Parent = over.Parent ?? Parent;
        DependsOn = DependsOn.Concat(over.DependsOn);
        Protect = over.Protect ?? Protect;
        IgnoreChanges = [.. IgnoreChanges, .. over.IgnoreChanges];
        Version = over.Version ?? Version;
        Provider = over.Provider ?? Provider;
        CustomTimeouts = over.CustomTimeouts ?? CustomTimeouts;
        Aliases = [.. Aliases, .. over.Aliases];
        Urn = over.Urn ?? Urn;
        ReplaceOnChanges = [.. ReplaceOnChanges, .. over.ReplaceOnChanges];
        PluginDownloadURL = over.PluginDownloadURL ?? PluginDownloadURL;
        RetainOnDelete = over.RetainOnDelete ?? RetainOnDelete;
        DeletedWith = over.DeletedWith ?? DeletedWith;
        ReplaceWith = ReplaceWith.Concat(over.ReplaceWith);
        HideDiffs = [.. HideDiffs, .. over.HideDiffs];
        ReplacementTrigger = over.ReplacementTrigger ?? ReplacementTrigger;
    }
}

/// <summary>How the engine treats a provider's resource.</summary>
public sealed class CustomResourceOptions : ResourceOptions
{
    private List<string>? _additionalSecretOutputs;

    /// <summary>True: a replaced resource is deleted before its successor is created.</summary>
    public bool? DeleteBeforeReplace { get; set; }

    /// <summary>Names of outputs that are secret, whatever the provider says.</summary>
    public List<string> AdditionalSecretOutputs
    {
        get => _additionalSecretOutputs ??= [];
        set => _additionalSecretOutputs = value;
    }

    /// <summary>Id of an existing resource that the stack takes over.</summary>
    public string? ImportId { get; set; }

    /// <summary>Merges both; the second one's values win, lists are joined.</summary>
    public static CustomResourceOptions Merge(CustomResourceOptions? options1, CustomResourceOptions? options2)
    {
        var merged = new CustomResourceOptions();
        foreach (var options in new[] { options1, options2 })
        {
            merged.Lay(options);
            merged.DeleteBeforeReplace = options?.DeleteBeforeReplace ?? merged.DeleteBeforeReplace;
            merged.ImportId = options?.ImportId ?? merged.ImportId;
            merged.AdditionalSecretOutputs = [.. merged.AdditionalSecretOutputs, .. options?.AdditionalSecretOutputs ?? []];
        }

        return merged;
    }
}

/// <summary>How the engine treats a component.</summary>
public sealed class ComponentResourceOptions : ResourceOptions
{
    private List<ProviderResource>? _providers;

    /// <summary>Providers that the component's resources use, one per package.</summary>
    public List<ProviderResource> Providers
    {
        get => _providers ??= [];
        set => _providers = value;
    }

    /// <summary>Merges both; the second one's values win, lists are joined.</summary>
    public static ComponentResourceOptions Merge(ComponentResourceOptions? options1, ComponentResourceOptions? options2)
    {
        var merged = new ComponentResourceOptions();
        foreach (var options in new[] { options1, options2 })
        {
            merged.Lay(options);
            merged.Providers = [.. merged.Providers, .. options?.Providers ?? []];
        }

        return merged;
    }
}

/// <summary>Time limits for operations on a resource; null: the provider decides.</summary>
public sealed class CustomTimeouts
{
    /// <summary>To create it.</summary>
    public TimeSpan? Create { get; set; }

    /// <summary>To change it.</summary>
    public TimeSpan? Update { get; set; }

    /// <summary>To delete it.</summary>
    public TimeSpan? Delete { get; set; }
}

/// <summary>An earlier name of a resource. What is left out has its present value.</summary>
public sealed class Alias
{
    /// <summary>The whole URN; then the other properties are ignored.</summary>
    public string? Urn { get; set; }

    /// <summary>Its name.</summary>
    public Input<string>? Name { get; set; }

    /// <summary>Its type.</summary>
    public Input<string>? Type { get; set; }

    /// <summary>Its stack.</summary>
    public Input<string>? Stack { get; set; }

    /// <summary>Its project.</summary>
    public Input<string>? Project { get; set; }

    /// <summary>Its parent.</summary>
    public Resource? Parent { get; set; }

    /// <summary>URN of its parent.</summary>
    public Input<string>? ParentUrn { get; set; }

    /// <summary>True: it had no parent but the stack.</summary>
    public bool NoParent { get; set; }
}

/// <summary>Options of a stack.</summary>
public class StackOptions;

/// <summary>How a function is called.</summary>
public class InvokeOptions
{
    /// <summary>Resource whose provider is used.</summary>
    public Resource? Parent { get; set; }

    /// <summary>The provider.</summary>
    public ProviderResource? Provider { get; set; }

    /// <summary>Version of the provider.</summary>
    public string? Version { get; set; }

    /// <summary>Where the provider's program is downloaded from.</summary>
    public string? PluginDownloadURL { get; set; }
}
