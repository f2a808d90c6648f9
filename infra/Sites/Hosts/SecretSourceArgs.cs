using Pulumi;

namespace Cloudlet.Sites;

/// <summary>
/// A secret that is made on its host, or that the program has. The sources <c>file</c>, <c>env</c> and <c>command</c> of site files
/// belong to the machine where <c>cloudlet apply</c> runs, and <c>from</c> to another host, which the provider does not see; it refuses
/// them.
/// </summary>
public sealed class SecretSourceArgs : ResourceArgs
{
    /// <summary>So many letters and digits, 16 to 256; made on the host where the value is first needed.</summary>
    [Input("generate")]
    public Input<int>? Generate { get; set; }

    /// <summary>Version of the value, 1 when left out; the next update makes a new value when it changes.</summary>
    [Input("version")]
    public Input<int>? Version { get; set; }

    /// <summary>
    /// The value: one line, and a secret output, which the engine keeps encrypted. It travels beside the description of the host.
    /// </summary>
    [Input("value")]
    public Input<string>? Value { get; set; }

    /// <summary>Permission bits of the file as an octal string; "0600" when left out.</summary>
    [Input("mode")]
    public Input<string>? Mode { get; set; }

    /// <summary>Owner of the file; root when left out.</summary>
    [Input("owner")]
    public Input<string>? Owner { get; set; }

    /// <summary>Group of the file; root when left out.</summary>
    [Input("group")]
    public Input<string>? Group { get; set; }
}
