using Pulumi;

namespace Cloudlet.Sites;

/// <summary>One file (content, template or oslo options), folder (directory: true) or symbolic link (symlink: target).</summary>
public sealed class FileArgs : ResourceArgs
{
    /// <summary>The content. ${secret:NAME} is replaced by a secret.</summary>
    [Input("content")]
    public Input<string>? Content { get; set; }

    /// <summary>Path of a Scriban template, relative to its site file.</summary>
    [Input("template")]
    public Input<string>? Template { get; set; }

    /// <summary>The content as options of an OpenStack service, or the namespace to check other content against.</summary>
    [Input("oslo")]
    public Input<OsloArgs>? Oslo { get; set; }

    [Input("values")]
    private InputMap<object>? _values;

    /// <summary>Values for the template, over those of the host.</summary>
    public InputMap<object> Values
    {
        get => _values ??= [];
        set => _values = value;
    }

    /// <summary>Target of a symbolic link.</summary>
    [Input("symlink")]
    public Input<string>? Symlink { get; set; }

    /// <summary>True for a folder.</summary>
    [Input("directory")]
    public Input<bool>? Directory { get; set; }

    /// <summary>Permission bits as an octal string, e.g. "0644" (the default of files; folders 0755).</summary>
    [Input("mode")]
    public Input<string>? Mode { get; set; }

    /// <summary>
    /// True: written before the packages are installed, for what their scripts must find, such as /etc/hosts; the packages wait for it
    /// (default: files come after all packages, which may bring their users, groups and folders).
    /// </summary>
    [Input("early")]
    public Input<bool>? Early { get; set; }

    /// <summary>Owner (default root).</summary>
    [Input("owner")]
    public Input<string>? Owner { get; set; }

    /// <summary>Group (default root).</summary>
    [Input("group")]
    public Input<string>? Group { get; set; }

    [Input("after")]
    private InputList<string>? _after;

    /// <summary>What must be as described before the file is changed: ids such as condition:mirror.</summary>
    public InputList<string> After
    {
        get => _after ??= [];
        set => _after = value;
    }
}

/// <summary>A configuration file of an OpenStack service (oslo.config).</summary>
public sealed class OsloArgs : ResourceArgs
{
    [Input("options")]
    private InputMap<InputMap<object>>? _options;

    /// <summary>
    /// The options, by section and name. A list is an option that is given several times; ~ removes an option. ${secret:NAME} is replaced
    /// by a secret.
    /// </summary>
    public InputMap<InputMap<object>> Options
    {
        get => _options ??= [];
        set => _options = value;
    }

    /// <summary>
    /// Namespace in which the service declares its options (its oslo.config.opts entry point, e.g. nova.conf, placement.conf, glance.api):
    /// the host checks the content against the installed release before writing it.
    /// </summary>
    [Input("namespace")]
    public Input<string>? Namespace { get; set; }
}
