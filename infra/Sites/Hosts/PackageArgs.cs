using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One package of the distribution.</summary>
public sealed class PackageArgs : ResourceArgs
{
    /// <summary>True (the default): installed; false: not installed.</summary>
    [Input("installed")]
    public Input<bool>? Installed { get; set; }

    /// <summary>The exact version; any when left out.</summary>
    [Input("version")]
    public Input<string>? Version { get; set; }

    [Input("after")]
    private InputList<string>? _after;

    /// <summary>What must be as described before the package is changed: ids such as condition:mirror.</summary>
    public InputList<string> After
    {
        get => _after ??= [];
        set => _after = value;
    }
}
