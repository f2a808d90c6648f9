using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One kernel module.</summary>
public sealed class ModuleArgs : ResourceArgs
{
    [Input("options")]
    private InputMap<string>? _options;

    /// <summary>Options, as in modprobe.d, e.g. numdummies: 0. The module dummy gets numdummies=0 unless it is given.</summary>
    public InputMap<string> Options
    {
        get => _options ??= [];
        set => _options = value;
    }

    [Input("after")]
    private InputList<string>? _after;

    /// <summary>What must be as described before the module is changed: ids such as condition:mirror.</summary>
    public InputList<string> After
    {
        get => _after ??= [];
        set => _after = value;
    }
}
