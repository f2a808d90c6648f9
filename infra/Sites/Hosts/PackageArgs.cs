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
}
