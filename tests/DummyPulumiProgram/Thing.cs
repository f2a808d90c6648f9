using Pulumi;

namespace DummyPulumiProgram;

internal sealed class Thing : CustomResource
{
    public Thing(string name, ThingArgs args)
        : base("test:index:Thing", name, args) { }

    [Output("made")]
    public Output<string> Made { get; private set; } = null!;

    [Output("text")]
    public Output<string?> Text { get; private set; } = null!;

    [Output("secret")]
    public Output<string?> Secret { get; private set; } = null!;
}

internal sealed class ThingArgs : ResourceArgs
{
    [Input("list")]
    private InputList<string>? _list;

    [Input("size")]
    public Input<int>? Size { get; set; }

    [Input("text")]
    public Input<string>? Text { get; set; }

    [Input("secret")]
    public Input<string>? Secret { get; set; }

    public InputList<string> List
    {
        get => _list ??= [];
        set => _list = value;
    }
}
